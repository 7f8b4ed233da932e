// One thread's half of a conversation with a ScriptedServer: its pool, buffers and deadlines.
#pragma once

#include <chrono>
#include <string>

#include "harbor_router/http/exchange.hpp"
#include "unit/http/scripted_server.hpp"
#include "unit/results.hpp"
#include "unit/run.hpp"

namespace harbor_router::testing {

inline const std::string get_request = "GET / HTTP/1.1\r\nHost: harbor\r\n\r\n";
inline const std::string head_request = "HEAD / HTTP/1.1\r\nHost: harbor\r\n\r\n";

inline std::string counted(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Later than any test runs.
inline base::TimePoint soon() {
  return base::Clock::now() + std::chrono::seconds(60);
}

struct UpstreamWorld {
  http::asio::io_context context{1};
  http::Deadlines deadlines{context};
  http::BufferPool buffers;
  http::Pool pool;

  explicit UpstreamWorld(std::uint16_t port, http::PoolSettings settings = {},
                         std::string host = "127.0.0.1")
      : pool(context, deadlines, {http::Scheme::http, std::move(host), port}, std::move(settings),
             nullptr) {
    deadlines.start();
  }
  ~UpstreamWorld() { deadlines.stop(); }

  base::Result<void> start(http::Exchange& exchange, const std::string& request = get_request,
                           http::RequestMethod method = http::RequestMethod::get,
                           base::TimePoint deadline = soon()) {
    return run(context, exchange.start(request, method, deadline));
  }
  base::Result<std::string> read_all(http::Exchange& exchange, std::size_t limit = 1 << 20,
                                     base::TimePoint deadline = soon()) {
    const auto body = run(context, exchange.read_all(limit, deadline));
    if (!body) return body.error();
    return std::string(*body);
  }
  // The body in the pieces it came in, or the failure that ended it.
  base::Result<std::string> read_pieces(http::Exchange& exchange) {
    std::string body;
    for (;;) {
      const auto piece = run(context, exchange.read_some(std::chrono::seconds(60)));
      if (!piece) return piece.error();
      if (piece->empty()) return body;
      body.append(piece->data(), piece->size());
    }
  }
  base::Result<std::string> get() {
    http::Exchange exchange(pool, buffers);
    if (const auto started = start(exchange); !started) return started.error();
    return read_all(exchange);
  }
};

}  // namespace harbor_router::testing
