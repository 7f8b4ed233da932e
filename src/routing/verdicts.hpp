// What single answers mean beside the decision.
#pragma once

#include "harbor_router/harbor/upstream.hpp"
#include "harbor_router/routing/decision.hpp"

namespace harbor_router::routing {

// Whether the project could not say: neither that it has the image nor that it does not.
inline bool is_unknown(Outcome outcome) noexcept {
  return outcome == Outcome::failed || outcome == Outcome::timeout || outcome == Outcome::limited ||
         outcome == Outcome::skipped;
}

// Whether the project a mapping names has the last word. A digest may move at any failure, since
// its content is checked; a tag moves only when its own project says that it does not have it. The
// router's own rights are everybody's: refused, they say nothing of where the tag is.
inline bool has_last_word(const harbor::Question& question, Outcome outcome) {
  if (outcome == Outcome::hit || outcome == Outcome::blocked) return true;
  const bool own_refused = outcome == Outcome::refused &&
                           question.credentials->kind == harbor::Credentials::Kind::service;
  return (is_unknown(outcome) || own_refused) && !oci::Digest::parse(question.reference);
}

// Two projects have the tag asked for, with different digests: whoever pulls it may mean either.
inline bool in_conflict(const harbor::Answer& one, const harbor::Answer& other) noexcept {
  return one.outcome == Outcome::hit && other.outcome == Outcome::hit && one.digest &&
         other.digest && *one.digest != *other.digest;
}

}  // namespace harbor_router::routing
