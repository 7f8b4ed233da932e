#include "harbor_router/routing/breakers.hpp"

#include <algorithm>

#include "routing/verdicts.hpp"

namespace harbor_router::routing {

namespace {

// No server took the connection: nothing is known of any project.
bool is_unreachable(const harbor::Answer& answer) noexcept {
  return answer.failure == base::Errc::connect_failed ||
         answer.failure == base::Errc::connect_timeout ||
         answer.failure == base::Errc::resolve_failed || answer.failure == base::Errc::tls_failed;
}

// That the router's account is refused, or a question is not taken, is no fault of the project's.
bool is_fault(const harbor::Answer& answer) noexcept {
  return is_unknown(answer.outcome) && answer.failure != base::Errc::refused_account &&
         !blames_question(answer);
}

// A limit of our own, or of the system we run on, says nothing of Harbor.
bool says_nothing(const harbor::Answer& answer) noexcept {
  return answer.outcome == Outcome::skipped || answer.failure == base::Errc::cancelled ||
         answer.failure == base::Errc::io ||
         (answer.outcome == Outcome::limited && answer.status == 0);
}

}  // namespace

std::optional<Refusal> Breakers::State::refusal(std::int64_t project, base::TimePoint now) const {
  const auto at = projects.find(project);
  const Breaker* const own = at == projects.end() ? nullptr : &at->second;
  if (const auto wait = harbor.wait(now); wait > base::Duration{})
    return Refusal{Refusal::Whom::all_of_harbor, std::max(wait, own ? own->wait(now) : wait)};
  if (own == nullptr || own->wait(now) == base::Duration{}) return std::nullopt;
  return Refusal{Refusal::Whom::project, own->wait_told(now)};
}

std::optional<Refusal> Breakers::refuses(const harbor::Project& project, base::TimePoint now) {
  auto state = state_.lock();
  // Both are asked before either is told, so that no probe is used up by a question not put.
  if (const auto refusal = state->refusal(project.id, now)) return refusal;
  static_cast<void>(state->harbor.admit(settings_, now));
  if (const auto own = state->projects.find(project.id); own != state->projects.end())
    static_cast<void>(own->second.admit(settings_, now));
  return std::nullopt;
}

std::optional<Refusal> Breakers::would_refuse(const harbor::Project& project, base::TimePoint now) {
  return state_.lock()->refusal(project.id, now);
}

void Breakers::answered(const harbor::Project& project, const harbor::Answer& answer,
                        base::TimePoint now) {
  if (says_nothing(answer)) return;
  bool harbor_before = false, harbor_after = false, before = false, after = false;
  {
    auto state = state_.lock();
    harbor_before = state->harbor.is_open();
    if (is_unreachable(answer)) {
      state->harbor.failed(settings_, now);
    } else {
      state->harbor.succeeded();
      const auto at = state->projects.find(project.id);
      before = at != state->projects.end() && at->second.is_open();
      if (is_fault(answer)) {
        Breaker& breaker = state->projects[project.id];
        breaker.failed(settings_, now);
        if (answer.retry_after) breaker.wait_until(now + *answer.retry_after);
        after = breaker.is_open();
      } else if (at != state->projects.end() && (before || !answer.stream)) {
        state->projects.erase(at);
      }
    }
    harbor_after = state->harbor.is_open();
  }
  tell({}, harbor_before, harbor_after);
  tell(project.name, before, after);
}

void Breakers::refused_client(const harbor::Project& project, base::TimePoint now) {
  harbor_answered();
  auto state = state_.lock();
  const auto at = state->projects.find(project.id);
  if (at != state->projects.end()) at->second.probed_in_vain(now);
}

void Breakers::suspect(const harbor::Project& project) {
  state_.lock()->projects[project.id].suspect(settings_);
}

void Breakers::harbor_answered() {
  bool before = false;
  {
    auto state = state_.lock();
    before = state->harbor.is_open();
    state->harbor.succeeded();
  }
  tell({}, before, false);
}

void Breakers::tell(const std::string& project, bool before, bool after) const {
  if (before != after && on_change_) on_change_(project, after);
}

}  // namespace harbor_router::routing
