#include "harbor_router/http/connector.hpp"

#include <algorithm>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace harbor_router::http {

using base::Clock;
using base::Errc;
using base::failure;

Awaitable<base::Result<void>> Connector::resolve(base::TimePoint deadline) {
  error_code error;
  const auto literal = asio::ip::make_address(origin_.host, error);
  if (!error) {
    addresses_.resolved({Endpoint(literal, origin_.port)}, Clock::now());
    co_return base::Result<void>{};
  }
  // getaddrinfo cannot be cancelled, so what waits for it is the answer or the deadline, and the
  // shared state outlives the loser.
  using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
  struct Lookup {
    explicit Lookup(asio::io_context& context, base::TimePoint until)
        : resolver(context.get_executor()), timer(context.get_executor(), until) {}
    asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver;
    Timer timer;
    std::vector<Endpoint> endpoints;
    error_code error = asio::error::timed_out;
  };
  auto lookup = std::make_shared<Lookup>(context_, deadline);
  const std::string port = std::to_string(origin_.port);
  lookup->resolver.async_resolve(
      origin_.host, port,
      [lookup](error_code resolve_error, asio::ip::tcp::resolver::results_type results) {
        lookup->error = resolve_error;
        for (const auto& each : results) lookup->endpoints.push_back(each.endpoint());
        lookup->timer.cancel();
      });
  co_await lookup->timer.async_wait(as_result);
  if (lookup->endpoints.empty())
    co_return failure(Errc::resolve_failed, origin_.host + ": " + lookup->error.message());
  addresses_.resolved(lookup->endpoints, Clock::now());
  co_return base::Result<void>{};
}

Awaitable<base::Result<std::unique_ptr<Connection>>> Connector::connect(base::TimePoint deadline) {
  if (addresses_.must_resolve(Clock::now())) {
    auto resolved = co_await resolve(deadline);
    if (!resolved && addresses_.empty()) co_return resolved.error();
  }
  base::Failure last = failure(Errc::connect_failed, origin_.host + ": no address");
  const std::vector<Endpoint> order = addresses_.order(Clock::now());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Endpoint endpoint = order[i];
    const base::TimePoint now = Clock::now();
    if (now >= deadline) break;
    auto connection = std::make_unique<Connection>(Socket(context_.get_executor()), deadlines_);
    // An address that does not answer must leave time for the others.
    const bool is_last = i + 1 == order.size();
    connection->deadline.set(is_last ? deadline : std::min(deadline, now + (deadline - now) / 2));
    auto [error] = co_await connection->socket().async_connect(endpoint, as_result);
    if (!error) {
      error_code ignored;  // an option refused costs latency, not correctness
      connection->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
      connection->socket().non_blocking(true, ignored);
    }
    if (!error && origin_.scheme == Scheme::https) {
      const error_code tls_error = co_await connection->start_tls(*tls_, origin_.host);
      if (tls_error) {
        last = failure(connection->deadline.expired() ? Errc::timeout : Errc::tls_failed,
                       origin_.host + ": " + tls_error.message());
        addresses_.refused(endpoint, Clock::now());
        continue;
      }
    }
    if (!error) {
      connection->deadline.clear();
      addresses_.accepted(endpoint);
      co_return connection;
    }
    const bool late = connection->deadline.expired();
    last = failure(late ? Errc::timeout : Errc::connect_failed,
                   endpoint.address().to_string() + ":" + std::to_string(endpoint.port()) + ": " +
                       (late ? "no answer in time" : error.message()));
    addresses_.refused(endpoint, Clock::now());
  }
  co_return last;
}

}  // namespace harbor_router::http
