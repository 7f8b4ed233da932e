// Blobs: where the repository is known, there; else HEAD to all, then GET in order, because Harbor
// says 404 to HEAD for a blob it has not cached although GET works. A blob is known by its digest,
// so any project's copy is the right one and a failure of one moves on to the next. Absent it is
// only where every project has said 404 to GET.
#include <span>

#include "harbor_router/routing/resolver.hpp"
#include "routing/keys.hpp"
#include "routing/verdicts.hpp"

namespace harbor_router::routing {

using harbor::Method;

namespace {

Resolution blob_from(const Candidate& candidate, OwnAnswer answer, CacheState cache) {
  return {.kind = verdict_of(answer->outcome),
          .project = candidate.project,
          .blob = std::move(answer),
          .cache = cache};
}

// Whom to send GET after HEAD to all: the chosen, then whoever may have it, be it that his hit came
// too late to be chosen. has_not: a project that has just said 404 to GET, or could not say, which
// is not asked again unless it says now that it has the blob. Nor is one that did not answer in
// time.
std::vector<std::size_t> worth_asking(const Lookup& lookup, const harbor::ProjectPointer& has_not) {
  const bool chosen = lookup.verdict.kind == Verdict::Kind::chosen;
  std::vector<std::size_t> order;
  if (chosen) order.push_back(lookup.verdict.index);
  for (std::size_t i = 0; i < lookup.candidates.size(); ++i) {
    if (chosen && i == lookup.verdict.index) continue;
    const AnswerPointer& said = lookup.answers[i];
    const bool has_it = said && said->outcome == Outcome::hit;
    const bool may_have = !said || said->outcome == Outcome::miss ||
                          (is_unknown(said->outcome) && said->outcome != Outcome::timeout);
    if (has_it || (may_have && lookup.candidates[i].project != has_not)) order.push_back(i);
  }
  return order;
}

// unasked: whose time to be asked was over. Their word to HEAD, be it that they have it or not, is
// none about the blob.
Verdict last_verdict(const std::vector<AnswerPointer>& said, std::span<const std::size_t> unasked) {
  std::vector<Outcome> outcomes;  // who is silent has said 404 to GET before the search
  for (const AnswerPointer& each : said) outcomes.push_back(each ? each->outcome : Outcome::miss);
  for (const std::size_t index : unasked)
    if (!is_unknown(outcomes[index])) outcomes[index] = Outcome::timeout;
  Decision decision(outcomes.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) decision.add(i, outcomes[i]);
  return decision.verdict(base::TimePoint::min());
}

}  // namespace

// A HEAD that says 404 is asked again as GET; the body is dropped, which closes the connection, so
// that Harbor stops.
http::Awaitable<OwnAnswer> Resolver::ask_for_blob(const Candidate& candidate,
                                                  const harbor::Question& question) {
  OwnAnswer answer = co_await ask(candidate, question);
  if (question.method == Method::get || answer->outcome != Outcome::miss) co_return answer;
  harbor::Question whole = question;
  whole.method = Method::get;
  answer = co_await ask(candidate, whole);
  answer->stream = nullptr;
  co_return answer;
}

http::Awaitable<Resolution> Resolver::blob(const Pull& pull) {
  const auto projects = core_.projects.to_search();
  if (!projects) co_return Resolution{.kind = Verdict::Kind::unavailable};
  if (must_ask_replicas(pull, KnownBy::either)) co_await learn_from_replicas(pull, KnownBy::either);
  Known at = known(pull, KeyOf::reference, *projects);
  if (!at.candidate) at = known(pull, KeyOf::repository, *projects);
  harbor::ProjectPointer has_not;
  if (!at.candidate) co_return co_await search_blob(pull, has_not);
  OwnAnswer answer = co_await ask_for_blob(*at.candidate, pull.question);
  if (answer->outcome == Outcome::hit || answer->outcome == Outcome::blocked)
    co_return blob_from(*at.candidate, std::move(answer),
                        at.state == store::State::stale ? CacheState::stale : CacheState::hit);
  if (answer->outcome == Outcome::miss) {
    has_not = at.candidate->project;
    forget(pull, KeyOf::reference);
  }
  if (is_unknown(answer->outcome)) {
    Unsaid unsaid{.project = at.candidate->project, .answer = std::move(answer)};
    co_return co_await search_blob_elsewhere(pull, std::move(unsaid));
  }
  co_return co_await search_blob(pull, has_not);
}

http::Awaitable<Resolution> Resolver::search_blob_elsewhere(Pull pull, Unsaid unsaid) {
  harbor::ProjectPointer has_not = unsaid.project;
  pull.unsaid = std::move(unsaid);
  auto resolution = co_await search_blob(pull, std::move(has_not));
  co_return resolution;
}

http::Awaitable<Resolution> Resolver::search_blob(const Pull& pull,
                                                  harbor::ProjectPointer has_not) {
  auto lookup = co_await look_up(pull);
  const std::vector<Candidate>& candidates = lookup->candidates;
  std::vector<AnswerPointer> said = lookup->answers;  // the last word of each
  Verdict verdict = lookup->verdict;
  if (verdict.kind != Verdict::Kind::blocked) {
    const std::vector<std::size_t> order = worth_asking(*lookup, has_not);
    const base::TimePoint last_begin = base::Clock::now() + settings_.timeout;
    std::size_t asked = 0;
    while (asked < order.size() && base::Clock::now() < last_begin) {
      const std::size_t index = order[asked++];
      OwnAnswer answer = co_await ask_for_blob(candidates[index], pull.question);
      if (answer->outcome == Outcome::hit) {
        learn(pull, KeyOf::reference, candidates[index].project, *answer);
        learn_repository_unless_known(pull, candidates[index].project, *answer);
      }
      if (answer->outcome == Outcome::hit || answer->outcome == Outcome::blocked)
        co_return blob_from(candidates[index], std::move(answer), CacheState::miss);
      const bool withdrawn = answer->failure == base::Errc::cancelled;
      said[index] = std::move(answer);
      if (withdrawn) break;
    }
    verdict = last_verdict(said, std::span(order).subspan(asked));
  }
  Resolution resolution{
      .kind = verdict.kind, .cache = CacheState::miss, .someone_refused = verdict.someone_refused};
  if (candidates.empty() || verdict.kind == Verdict::Kind::not_found) co_return resolution;
  resolution.project = candidates[verdict.index].project;
  resolution.answer = said[verdict.index];
  co_return resolution;
}

}  // namespace harbor_router::routing
