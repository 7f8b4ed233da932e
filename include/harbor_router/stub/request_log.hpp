// What the stand-in was asked. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harbor_router::stub {

enum class Endpoint {
  projects,
  registries,
  ping,
  health,
  systeminfo,
  current_user,
  token,
  version,  // /v2/
  catalog,
  manifests,
  blobs,
  tags,
  referrers,
  storage,  // where a redirected blob is
  other,
};
[[nodiscard]] std::string_view to_string(Endpoint endpoint) noexcept;
[[nodiscard]] std::optional<Endpoint> endpoint_named(std::string_view name) noexcept;

enum class AuthorizationKind { none, basic, bearer, other };
[[nodiscard]] std::string_view to_string(AuthorizationKind kind) noexcept;

struct LoggedRequest {
  std::uint64_t number = 0;  // counts up from 1 for the life of the stand-in
  std::string method;
  std::string target;
  Endpoint endpoint = Endpoint::other;
  std::string project;     // first component of the name under /v2/; else empty
  std::string repository;  // the rest of the name
  std::string reference;   // tag or digest
  AuthorizationKind authorization_kind = AuthorizationKind::none;
  std::string authorization;                                 // the header's whole value
  std::vector<std::string> accept;                           // one entry a header line
  std::vector<std::pair<std::string, std::string>> headers;  // all, as received
  std::uint64_t connection = 0;                              // number of the connection it came on
  std::chrono::system_clock::time_point time;
  unsigned status = 0;           // 0 until an answer's head was sent
  std::uint64_t body_bytes = 0;  // of the answer, as far as sent

  // First value of a header, by case-insensitive name; empty when absent.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

// Which requests are meant; what is not given matches everything.
struct RequestFilter {
  std::optional<std::string> method;
  std::optional<std::string> project;
  std::optional<Endpoint> endpoint;
};

}  // namespace harbor_router::stub
