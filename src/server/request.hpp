// One request being answered, and how its answer goes out.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "server/reply.hpp"
#include "server/worker.hpp"

namespace harbor_router::server {

struct Request {
  Worker& worker;
  Session& session;
  RequestState& state;
  std::string_view request_id;
  std::string_view client;  // its address, or what a trusted proxy says it is
  bool keep_alive = true;

  [[nodiscard]] const http::RequestHead& head() const noexcept { return state.head; }
  [[nodiscard]] bool is_head() const noexcept { return state.head.method == "HEAD"; }
};

// What was sent, for the log and the metrics.
struct Sent {
  int status = 0;
  std::uint64_t bytes = 0;  // of body
  harbor::ProjectPointer project;
  routing::CacheState cache = routing::CacheState::none;
  RequestType type = RequestType::other;
  bool keep_alive = false;  // whether the connection can carry another request
};

// An answer that is out, or the rest of one that is not. What is out at once, as nearly all are,
// costs no coroutine.
using Answering = std::variant<Sent, http::Awaitable<Sent>>;

// Head and body in one write. The body is left out for HEAD.
[[nodiscard]] Answering answer_with(Request& request, Reply reply, RequestType type);
// The same for coroutines.
[[nodiscard]] http::Awaitable<Sent> send(Request& request, Reply reply, RequestType type);

// Everything under the registry API, health and token paths of the port clients use.
[[nodiscard]] Answering answer_pull_port(Request& request);
// RATE_LIMIT_PER_IP: counts the request, and refuses one too many. The client's address counts, or
// its proxy's word for it where that proxy is trusted.
[[nodiscard]] std::optional<Reply> over_rate_limit(const Request& request);
// METRICS_ADDR.
[[nodiscard]] Answering answer_metrics_port(Request& request);

// Of what request.state.path asks for.
[[nodiscard]] Answering answer_pull(Request& request);
// Since the list of projects in use was read.
[[nodiscard]] std::chrono::seconds discovery_age(const Shared& shared);
// /healthz, /readyz, /livez; nullopt for any other path.
[[nodiscard]] std::optional<Reply> health_reply(Shared& shared, std::string_view path);

}  // namespace harbor_router::server
