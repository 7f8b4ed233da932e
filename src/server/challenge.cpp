#include "server/challenge.hpp"

#include <algorithm>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/oci/challenge.hpp"
#include "server/scope_rules.hpp"

namespace harbor_router::server {

namespace {

// What may stand in a Host field (RFC 3986 section 3.2.2), narrowed to what cannot end a quoted
// string.
bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return base::is_alphanumeric(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']' ||
           c == '_';
  });
}

// A chain of proxies appends; the first is what the client wrote.
std::string_view first_of(std::string_view list) {
  list = list.substr(0, list.find(','));
  while (!list.empty() && list.back() == ' ') list.remove_suffix(1);
  return list;
}

// What the client is to ask a token for.
std::string scope_of(const Request& request, const oci::PullPath& path) {
  static const harbor::ProjectList none;
  Shared& shared = request.worker.shared;
  const auto projects = shared.core.projects.get();
  return "repository:" + scope_name(path, scope_rules(shared, projects ? *projects : none)) +
         ":pull";
}

}  // namespace

std::optional<std::string> public_origin(const Request& request) {
  const Settings& settings = request.worker.shared.settings;
  if (settings.public_url) {
    const bool https = settings.public_url->scheme == http::Scheme::https;
    return std::string(https ? "https://" : "http://") + settings.public_url->host_field();
  }
  const http::Fields& fields = request.head().fields;
  const std::string_view proto = first_of(fields.get("X-Forwarded-Proto"));
  std::string_view host = first_of(fields.get("X-Forwarded-Host"));
  if (host.empty()) host = fields.get("Host");
  if (!is_host(host)) return std::nullopt;
  const bool https = http::equal_ignoring_case(proto, "https");
  return std::string(https ? "https://" : "http://") + std::string(host);
}

namespace {

void add_challenge(Reply& reply, const Request& request, const oci::PullPath* path) {
  const Settings& settings = request.worker.shared.settings;
  if (settings.auth_mode == AuthMode::service) {
    reply.add("WWW-Authenticate", R"(Basic realm="harbor-router")");
    return;
  }
  const auto origin = public_origin(request);
  if (!origin) return;
  reply.add(
      "WWW-Authenticate",
      oci::format_challenge({.realm = *origin + "/service/token",
                             .service = "harbor-router",
                             .scope = path == nullptr ? std::string() : scope_of(request, *path)}));
}

}  // namespace

Reply challenge_reply(const Request& request, const oci::PullPath* path, std::string_view message) {
  if (request.worker.shared.settings.auth_mode == AuthMode::passthrough && !public_origin(request))
    return error_reply(400, {oci::ErrorCode::unsupported, "the Host field is no host name"});
  Reply reply = error_reply(401, {oci::ErrorCode::unauthorized, std::string(message)});
  add_challenge(reply, request, path);
  return reply;
}

}  // namespace harbor_router::server
