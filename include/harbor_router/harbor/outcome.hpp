// What one project's answer means for routing (docs/architecture.md, "The decision"). Pure.
#pragma once

#include <string_view>

#include "harbor_router/base/result.hpp"
#include "harbor_router/oci/request_path.hpp"

namespace harbor_router::harbor {

enum class Outcome {
  hit,      // the project has it
  miss,     // 404: it does not
  refused,  // 401, 403: not for these credentials
  limited,  // 429, or a limit of our own
  blocked,  // 412: a policy of the project forbids it
  failed,   // 5xx, connection, no manifest where one was due, truncated, wrong digest
  timeout,  // failed, by taking too long
  skipped,  // not asked: its breaker is open
};

[[nodiscard]] const char* to_string(Outcome outcome) noexcept;

// Whether the project could not say: neither that it has the image nor that it does not.
[[nodiscard]] constexpr bool is_unknown(Outcome outcome) noexcept {
  return outcome == Outcome::failed || outcome == Outcome::timeout || outcome == Outcome::limited ||
         outcome == Outcome::skipped;
}

// By status and, for manifests, by Content-Type: Harbor's portal answers 200 text/html to wrong
// paths.
[[nodiscard]] Outcome outcome_of(oci::Endpoint endpoint, int status,
                                 std::string_view content_type) noexcept;
[[nodiscard]] Outcome outcome_of(base::Errc code) noexcept;

}  // namespace harbor_router::harbor
