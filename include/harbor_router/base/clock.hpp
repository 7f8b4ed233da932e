// Time as every decision sees it: a steady time point handed in by the caller, so that tests can
// hold the clock. Shells read now() once per event.
#pragma once

#include <chrono>

namespace harbor_router::base {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = std::chrono::nanoseconds;

}  // namespace harbor_router::base
