// Ids of requests: 32 hexadecimal digits (the shape of a W3C trace id), unique enough to find a
// request in the logs, no secret. Making one neither allocates nor waits.
#pragma once

#include <array>
#include <string_view>

namespace harbor_router::observe {

struct RequestId {
  std::array<char, 32> digits;

  [[nodiscard]] std::string_view view() const noexcept { return {digits.data(), digits.size()}; }
};

[[nodiscard]] RequestId make_request_id() noexcept;

// Whether a client's X-Request-Id may be taken over as it is: 1 to 128 of [A-Za-z0-9._-].
[[nodiscard]] bool is_request_id(std::string_view text) noexcept;

}  // namespace harbor_router::observe
