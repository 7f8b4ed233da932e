// Sizes in bytes: "64KiB", "1GiB" (powers of 1024), "10MB" (powers of 1000), "4096" (bytes).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harbor_router/base/result.hpp"

namespace harbor_router::base {

// The detail of a failure says what is wrong and what would be right.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);

// The shortest exact form that parse_size reads back: "64KiB", "10MB", "1023".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace harbor_router::base
