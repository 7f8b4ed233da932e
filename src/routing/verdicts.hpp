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

// Two projects have the tag asked for, with different digests: whoever pulls it may mean either.
inline bool in_conflict(const harbor::Answer& one, const harbor::Answer& other) noexcept {
  return one.outcome == Outcome::hit && other.outcome == Outcome::hit && one.digest &&
         other.digest && *one.digest != *other.digest;
}

}  // namespace harbor_router::routing
