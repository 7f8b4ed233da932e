// Time as every decision sees it: a steady time point handed in by the caller, so that tests can
// hold the clock. Shells read now() once per event.
#pragma once

#include <time.h>

#include <chrono>

namespace harbor_router::base {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = std::chrono::nanoseconds;

// Clock::now() as of the kernel's last tick: some ms late, never ahead, at an eighth of the price.
// For what is compared with seconds; not for measuring, nor for a deadline that must not be early.
[[nodiscard]] inline TimePoint recently() noexcept {
  timespec tick{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &tick);
  return TimePoint(std::chrono::seconds(tick.tv_sec) + std::chrono::nanoseconds(tick.tv_nsec));
}

}  // namespace harbor_router::base
