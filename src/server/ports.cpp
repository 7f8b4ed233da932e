// Which handler answers which path, on each of the two ports.
#include <algorithm>

#include "server/authentication.hpp"
#include "server/debug.hpp"
#include "server/token_endpoint.hpp"

namespace harbor_router::server {

namespace {

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

bool reads(const http::RequestHead& head) {
  return head.method == "GET" || head.method == "HEAD";
}

Reply not_allowed(const http::RequestHead& head, std::string_view why, std::string_view allowed) {
  Reply reply = error_reply(
      405, {oci::ErrorCode::unsupported, std::string(head.method).append(": ").append(why)});
  reply.add("Allow", allowed);
  return reply;
}

Reply not_for_pulls(const http::RequestHead& head) {
  return not_allowed(head, "this registry is for pulls, only GET and HEAD are answered",
                     "GET, HEAD");
}

Reply not_for_tokens(const http::RequestHead& head) {
  return not_allowed(head, "tokens are given to GET, HEAD and POST", "GET, HEAD, POST");
}

// Of uploads, which have no method at all here, hence the empty list (RFC 9110 section 10.2.1).
Reply path_error_reply(const oci::PathError& error) {
  Reply reply = error_reply(error.status, error.error);
  if (error.status == 405) reply.fields += "Allow:\r\n";
  return reply;
}

Reply not_registry(std::string_view path, const oci::PathRules& rules) {
  return error_reply(404, {oci::ErrorCode::name_unknown,
                           std::string(path) + " is no path of a registry; images are under /v2/" +
                               rules.proxy_project + "/"});
}

http::Awaitable<Sent> answer_token(Request& request) {
  Reply reply = co_await token_reply(request);
  co_return co_await send(request, std::move(reply), RequestType::token);
}

http::Awaitable<Sent> answer_api_version(Request& request) {
  Reply reply = co_await api_version_reply(request);
  co_return co_await send(request, std::move(reply), RequestType::api_version);
}

http::Awaitable<Sent> answer_debug(Request& request) {
  Reply reply = co_await debug_reply(request);
  co_return co_await send(request, std::move(reply), RequestType::other);
}

Reply metrics_reply(Shared& shared) {
  if (shared.core.projects.get()) shared.discovery_age.set(discovery_age(shared).count());
  if (shared.manifests) shared.manifests->measure();
  Reply reply{.own_body = shared.metrics.exposition()};
  reply.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return reply;
}

}  // namespace

std::optional<Reply> over_rate_limit(const Request& request) {
  Shared& shared = request.worker.shared;
  if (!shared.rate_limiter.is_on()) return std::nullopt;
  const AddressBytes address = address_bytes(request.client);
  const auto wait = shared.rate_limiter.refuses(address, base::Clock::now());
  if (!wait) return std::nullopt;
  shared.rate_limited.add();
  Reply reply = error_reply(429, {oci::ErrorCode::too_many_requests,
                                  "more requests than RATE_LIMIT_PER_IP allows this address"});
  reply.add_retry_after(
      std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(*wait)));
  return reply;
}

Answering answer_pull_port(Request& request) {
  Shared& shared = request.worker.shared;
  const http::RequestHead& head = request.head();
  const std::string_view asked_path = path_of(head.target);
  auto health = health_reply(shared, asked_path);
  if (health && reads(head)) return answer_with(request, std::move(*health), RequestType::health);
  if (auto refused = over_rate_limit(request))
    return answer_with(request, std::move(*refused), RequestType::other);
  if (asked_path == token_path && shared.settings.auth_mode == AuthMode::passthrough) {
    if (reads(head) || head.method == "POST") return answer_token(request);
    return answer_with(request, not_for_tokens(head), RequestType::token);
  }
  oci::ParsedTarget target = oci::parse_target(head.target, shared.settings.paths);
  if (auto* error = std::get_if<oci::PathError>(&target))
    return answer_with(request, path_error_reply(*error), RequestType::other);
  if (!reads(head)) return answer_with(request, not_for_pulls(head), RequestType::other);
  if (auto* path = std::get_if<oci::PullPath>(&target)) {
    request.state.path = std::move(*path);
    return answer_pull(request);
  }
  if (std::holds_alternative<oci::ApiVersionCheck>(target)) return answer_api_version(request);
  return answer_with(request, not_registry(asked_path, shared.settings.paths), RequestType::other);
}

Answering answer_metrics_port(Request& request) {
  Shared& shared = request.worker.shared;
  const http::RequestHead& head = request.head();
  const std::string_view path = path_of(head.target);
  if (path.starts_with("/debug/")) return answer_debug(request);
  if (!reads(head)) return answer_with(request, not_for_pulls(head), RequestType::other);
  if (path == "/metrics") return answer_with(request, metrics_reply(shared), RequestType::metrics);
  auto health = health_reply(shared, path);
  if (health) return answer_with(request, std::move(*health), RequestType::health);
  return answer_with(
      request,
      json_reply(404, R"({"error":"here are /metrics, /healthz, /readyz, /livez and /debug/"})"),
      RequestType::other);
}

}  // namespace harbor_router::server
