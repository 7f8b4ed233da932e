// One project's outcome as the whole verdict, where no other project is asked.
#pragma once

#include "harbor_router/routing/decision.hpp"

namespace harbor_router::routing {

inline Verdict::Kind verdict_of(Outcome outcome) {
  Decision decision(1);
  decision.add(0, outcome);
  return decision.verdict(base::TimePoint::min()).kind;
}

// Whether the project could not say: neither that it has the image nor that it does not.
inline bool is_unknown(Outcome outcome) noexcept {
  return outcome == Outcome::failed || outcome == Outcome::timeout || outcome == Outcome::limited ||
         outcome == Outcome::skipped;
}

}  // namespace harbor_router::routing
