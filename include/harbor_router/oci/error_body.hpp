// The error body of the distribution spec: {"errors":[{"code","message","detail"?}]}.
#pragma once

#include <string>
#include <string_view>

namespace harbor_router::oci {

enum class ErrorCode {
  blob_unknown,
  digest_invalid,
  manifest_unknown,
  manifest_invalid,
  name_invalid,
  name_unknown,
  unauthorized,
  denied,
  unsupported,
  too_many_requests,
  unknown,  // 5xx: not among the spec's codes, as distribution and Harbor write it
};
[[nodiscard]] std::string_view to_string(
    ErrorCode code) noexcept;  // "MANIFEST_UNKNOWN", "TOOMANYREQUESTS"

struct Error {
  ErrorCode code = ErrorCode::unknown;
  std::string message;
};

[[nodiscard]] std::string error_body(const Error& error);
// Whether somebody else's body is one: an object with "errors", each with a code.
[[nodiscard]] bool is_error_body(std::string_view body);

}  // namespace harbor_router::oci
