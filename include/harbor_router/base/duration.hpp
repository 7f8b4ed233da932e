// Durations as Go writes them (time.ParseDuration), because the people who run Harbor write those:
// "300ms", "1.5s", "2h30m", "0". Units: h m s ms us (or µs) ns. A number without a unit is refused
// rather than guessed, and so is a negative one: no setting has a use for it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "harbor_router/base/result.hpp"

namespace harbor_router::base {

// The detail of a failure says what is wrong and what would be right.
[[nodiscard]] Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// The shortest exact form that parse_duration reads back: "5m", "1m30s", "1.5s", "150ms", "0s".
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace harbor_router::base
