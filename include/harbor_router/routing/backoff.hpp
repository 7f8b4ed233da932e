// How long to wait before asking again. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "harbor_router/harbor/upstream.hpp"

namespace harbor_router::routing {

struct RetrySettings {
  std::size_t repeats = 2;
  std::chrono::nanoseconds base_delay = std::chrono::milliseconds(150);
};

// What one question has been through so far.
struct Tried {
  std::size_t repeats = 0;             // made already
  std::chrono::nanoseconds time_left;  // until the question's deadline
  double chance = 0;                   // uniform in [0, 1): full jitter
};

// The wait before the next repeat, or nullopt when there is to be none: the answer is final (a 4xx,
// a hit, a timeout), repeats or time are used up, or Harbor asks for a longer pause than is left.
[[nodiscard]] std::optional<std::chrono::nanoseconds> wait_before_repeat(
    const harbor::Answer& answer, const Tried& tried, const RetrySettings& settings);

}  // namespace harbor_router::routing
