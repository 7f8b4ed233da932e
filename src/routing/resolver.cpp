#include "harbor_router/routing/resolver.hpp"

#include <algorithm>

#include "harbor_router/base/chance.hpp"

namespace harbor_router::routing {

const char* to_string(CacheState state) noexcept {
  switch (state) {
    case CacheState::none:
      return "";
    case CacheState::hit:
      return "hit";
    case CacheState::stale:
      return "stale";
    case CacheState::miss:
      return "miss";
    case CacheState::negative:
      return "negative";
    case CacheState::manifest_hit:
      return "manifest_hit";
  }
  return "";
}

Resolver::Resolver(Core& core, harbor::Upstream& upstream, http::Executor executor,
                   ResolverSettings settings)
    : core_(core), upstream_(upstream), executor_(std::move(executor)), settings_(settings) {}

namespace {

// Told with Retry-After, rounded up: 0 would be an invitation.
OwnAnswer not_asked(std::chrono::nanoseconds wait, std::string why) {
  return std::make_shared<harbor::Answer>(harbor::Answer{
      .outcome = Outcome::skipped,
      .detail = std::move(why),
      .retry_after =
          std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1))});
}

OwnAnswer left_alone(const Refusal& refusal) {
  return not_asked(refusal.wait, refusal.whom == Refusal::Whom::all_of_harbor
                                     ? "not asked, like all of Harbor: it could not be reached"
                                     : "not asked: it failed too often");
}

}  // namespace

void Resolver::tell_breakers(const Candidate& candidate, const harbor::Question& question,
                             const harbor::Answer& answer, base::TimePoint now) {
  const bool is_client = question.credentials->kind != harbor::Credentials::Kind::service;
  if (is_client && answer.outcome == Outcome::refused)
    core_.breakers.refused_client(*candidate.project, now);
  else
    core_.breakers.answered(*candidate.project, answer, now);
}

http::Awaitable<OwnAnswer> Resolver::ask(const Candidate& candidate,
                                         const harbor::Question& question, Asker asker) {
  const bool looks_on = asker == Asker::onlooker;
  base::TimePoint now = base::Clock::now();
  const base::TimePoint deadline = now + settings_.timeout;
  for (std::size_t repeats = 0;; ++repeats) {
    const auto refused = looks_on ? core_.breakers.would_refuse(*candidate.project, now)
                                  : core_.breakers.refuses(*candidate.project, now);
    if (refused) co_return left_alone(*refused);
    std::shared_ptr<Inflight::Place> place;
    if (!core_.inflight.unlimited()) {
      place = co_await core_.inflight.enter(candidate.project->id, executor_, deadline);
      if (!place) co_return not_asked({}, "not asked: UPSTREAM_MAX_INFLIGHT are being answered");
    }
    const harbor::Errand errand = {.project = *candidate.project,
                                   .repository = candidate.repository,
                                   .question = question,
                                   .deadline = deadline};
    OwnAnswer answer = co_await upstream_.ask(errand);
    now = base::recently();
    if (!looks_on) tell_breakers(candidate, question, *answer, now);
    const auto wait = wait_before_repeat(
        *answer, {.repeats = repeats, .time_left = deadline - now, .chance = base::chance()},
        settings_.retry);
    if (!wait) {
      if (answer->stream) answer->place = std::move(place);  // whole answers are shared and kept
      co_return answer;
    }
    place = nullptr;
    http::Timer timer(executor_, *wait);
    co_await timer.async_wait(http::as_result);
    now = base::Clock::now();
  }
}

}  // namespace harbor_router::routing
