#include "harbor_router/oci/error_body.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "harbor_router/base/json_escape.hpp"
#include "harbor_router/base/json_text.hpp"

namespace harbor_router::oci {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::blob_unknown:
      return "BLOB_UNKNOWN";
    case ErrorCode::digest_invalid:
      return "DIGEST_INVALID";
    case ErrorCode::manifest_unknown:
      return "MANIFEST_UNKNOWN";
    case ErrorCode::manifest_invalid:
      return "MANIFEST_INVALID";
    case ErrorCode::name_invalid:
      return "NAME_INVALID";
    case ErrorCode::name_unknown:
      return "NAME_UNKNOWN";
    case ErrorCode::unauthorized:
      return "UNAUTHORIZED";
    case ErrorCode::denied:
      return "DENIED";
    case ErrorCode::unsupported:
      return "UNSUPPORTED";
    case ErrorCode::too_many_requests:
      return "TOOMANYREQUESTS";
    case ErrorCode::unknown:
      break;
  }
  return "UNKNOWN";
}

std::string error_body(const Error& error) {
  std::string body = R"({"errors":[{"code":")";
  body += to_string(error.code);
  body += R"(","message":")";
  base::append_json_escaped(body, error.message);
  body += R"("}]})";
  return body;
}

bool is_error_body(std::string_view body) {
  const auto json = base::read_json<nlohmann::json>(body);
  const auto errors = json.is_object() ? json.find("errors") : json.end();
  return json.is_object() && errors != json.end() && errors->is_array() && !errors->empty() &&
         std::all_of(errors->begin(), errors->end(), [](const nlohmann::json& error) {
           return error.is_object() && error.contains("code") && error["code"].is_string();
         });
}

}  // namespace harbor_router::oci
