#include "stub/request.hpp"

#include <algorithm>
#include <array>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::stub {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = base::lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

Route api_route(std::string_view path) {
  const auto slash = path.find('/');
  const std::string_view head = path.substr(0, slash);
  const std::string_view rest = slash == path.npos ? "" : path.substr(slash + 1);
  if (path == "users/current") return {.endpoint = Endpoint::current_user};
  if (head == "projects") return {.endpoint = Endpoint::projects, .reference = std::string(rest)};
  if (head == "registries") {
    return {.endpoint = Endpoint::registries, .reference = std::string(rest)};
  }
  if (path == "ping") return {.endpoint = Endpoint::ping};
  if (path == "health") return {.endpoint = Endpoint::health};
  if (path == "systeminfo") return {.endpoint = Endpoint::systeminfo};
  return {};
}

Route named(Endpoint endpoint, std::string_view name, std::string_view reference) {
  const auto slash = name.find('/');
  return {.endpoint = endpoint,
          .project = std::string(name.substr(0, slash)),
          .repository = slash == name.npos ? "" : std::string(name.substr(slash + 1)),
          .reference = std::string(reference)};
}

// path: what stands after "/v2/".
Route registry_route(std::string_view path) {
  if (path.empty()) return {.endpoint = Endpoint::version};
  if (path == "_catalog") return {.endpoint = Endpoint::catalog};
  if (path.ends_with("/tags/list")) {
    return named(Endpoint::tags, path.substr(0, path.size() - std::size("/tags/list") + 1), "");
  }
  struct Kind {
    std::string_view infix;
    Endpoint endpoint;
  };
  for (const Kind& kind :
       {Kind{"/manifests/", Endpoint::manifests}, Kind{"/blobs/", Endpoint::blobs},
        Kind{"/referrers/", Endpoint::referrers}}) {
    const auto at = path.rfind(kind.infix);
    if (at != path.npos && at > 0) {
      return named(kind.endpoint, path.substr(0, at), path.substr(at + kind.infix.size()));
    }
  }
  return {};
}

struct EndpointName {
  Endpoint endpoint;
  std::string_view name;
};
constexpr std::array<EndpointName, 15> endpoint_names{{
    {Endpoint::projects, "projects"},
    {Endpoint::registries, "registries"},
    {Endpoint::ping, "ping"},
    {Endpoint::health, "health"},
    {Endpoint::systeminfo, "systeminfo"},
    {Endpoint::current_user, "current_user"},
    {Endpoint::token, "token"},
    {Endpoint::version, "version"},
    {Endpoint::catalog, "catalog"},
    {Endpoint::manifests, "manifests"},
    {Endpoint::blobs, "blobs"},
    {Endpoint::tags, "tags"},
    {Endpoint::referrers, "referrers"},
    {Endpoint::storage, "storage"},
    {Endpoint::other, "other"},
}};

}  // namespace

std::string_view to_string(Endpoint endpoint) noexcept {
  for (const auto& entry : endpoint_names) {
    if (entry.endpoint == endpoint) return entry.name;
  }
  return "other";
}

std::optional<Endpoint> endpoint_named(std::string_view name) noexcept {
  for (const auto& entry : endpoint_names) {
    if (entry.name == name) return entry.endpoint;
  }
  return std::nullopt;
}

std::string_view to_string(AuthorizationKind kind) noexcept {
  switch (kind) {
    case AuthorizationKind::none:
      return "none";
    case AuthorizationKind::basic:
      return "basic";
    case AuthorizationKind::bearer:
      return "bearer";
    case AuthorizationKind::other:
      return "other";
  }
  return "other";
}

std::string_view LoggedRequest::header(std::string_view name) const noexcept {
  return find_header(headers, name);
}

Route route(std::string_view path) {
  constexpr std::string_view api = "/api/v2.0/";
  constexpr std::string_view storage = "/storage/";
  if (path == "/service/token") return {.endpoint = Endpoint::token};
  if (path.starts_with(api)) return api_route(path.substr(api.size()));
  if (path == "/v2") return {.endpoint = Endpoint::version};
  if (path.starts_with("/v2/")) return registry_route(path.substr(4));
  if (path.starts_with(storage)) {
    path.remove_prefix(storage.size());
    const auto slash = path.rfind('/');
    if (slash != path.npos) {
      return named(Endpoint::storage, path.substr(0, slash), path.substr(slash + 1));
    }
  }
  return {};
}

std::string_view find_header(const std::vector<std::pair<std::string, std::string>>& headers,
                             std::string_view name) noexcept {
  for (const auto& [field, value] : headers) {
    if (base::equal_ignoring_case(field, name)) return value;
  }
  return {};
}

std::string_view Request::header(std::string_view name) const noexcept {
  return find_header(headers, name);
}

std::vector<std::string> Request::parameters(std::string_view name) const {
  std::vector<std::string> values;
  std::string_view left = query;
  while (!left.empty()) {
    const auto end = left.find('&');
    const std::string_view pair = left.substr(0, end);
    const auto equals = pair.find('=');
    if (percent_decoded(pair.substr(0, equals)) == name) {
      values.push_back(equals == pair.npos ? "" : percent_decoded(pair.substr(equals + 1)));
    }
    left = end == left.npos ? "" : left.substr(end + 1);
  }
  return values;
}

std::string Request::parameter(std::string_view name, std::string_view fallback) const {
  auto values = parameters(name);
  return values.empty() ? std::string(fallback) : std::move(values.front());
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain =
        base::is_alphanumeric(c) || std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
      out += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

}  // namespace harbor_router::stub
