// A request as the handlers see it: head parsed, path routed, query decoded.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harbor_router/stub/request_log.hpp"

namespace harbor_router::stub {

// Which resource a path names.
struct Route {
  Endpoint endpoint = Endpoint::other;
  std::string project;
  std::string repository;  // without the project
  std::string reference;   // manifests: tag or digest; blobs, referrers, storage: digest;
                           // projects, registries: the id or name in the path
};
[[nodiscard]] Route route(std::string_view path);

struct Request {
  std::string method;
  std::string target;
  std::string path;   // not decoded
  std::string query;  // as received
  Route route;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  // First value of a query parameter, decoded; fallback when absent.
  [[nodiscard]] std::string parameter(std::string_view name, std::string_view fallback = "") const;
  [[nodiscard]] std::vector<std::string> parameters(std::string_view name) const;
  [[nodiscard]] bool is_head() const noexcept { return method == "HEAD"; }
};

[[nodiscard]] std::string percent_decoded(std::string_view text);  // "+" is a space
[[nodiscard]] std::string percent_encoded(std::string_view text);
[[nodiscard]] std::string_view find_header(
    const std::vector<std::pair<std::string, std::string>>& headers,
    std::string_view name) noexcept;

}  // namespace harbor_router::stub
