#include "server/listener.hpp"

#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>

namespace harbor_router::server {

namespace {

namespace asio = boost::asio;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

std::string address_text(const Address& address) {
  const bool bracketed = address.host.find(':') != std::string::npos;
  return (bracketed ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

// IPv4 clients on a dual-stack socket are told by their IPv4 address.
std::string client_text(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

error_code open_on(Acceptor& acceptor, const http::Endpoint& endpoint, int backlog) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.set_option(ReusePort(true), error);
  if (!error && endpoint.protocol() == asio::ip::tcp::v6() && endpoint.address().is_unspecified())
    acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (error) {
    error_code ignored;  // the first error is the one to tell
    acceptor.close(ignored);
  }
  return error;
}

}  // namespace

Acceptor listen(Worker& worker, const Address& address, int backlog) {
  Acceptor acceptor(worker.context.get_executor());
  error_code error;
  if (address.host.empty()) {
    error = open_on(acceptor, http::Endpoint(asio::ip::address_v6::any(), address.port), backlog);
    if (error == asio::error::address_family_not_supported)  // a host without IPv6
      error = open_on(acceptor, http::Endpoint(asio::ip::address_v4::any(), address.port), backlog);
  } else {
    const auto literal = asio::ip::make_address(address.host, error);
    if (!error) error = open_on(acceptor, http::Endpoint(literal, address.port), backlog);
  }
  if (error)
    throw std::runtime_error("cannot listen on " + address_text(address) + ": " + error.message());
  return acceptor;
}

http::Awaitable<> accept_clients(Worker& worker, Acceptor& acceptor, Port port) {
  asio::basic_waitable_timer<base::Clock, asio::wait_traits<base::Clock>, http::Executor> pause(
      worker.context.get_executor());
  const std::size_t most = port == Port::pulls ? worker.shared.settings.clients.max_connections : 0;
  bool short_of_something = false, full = false;
  while (acceptor.is_open()) {
    // Past the limit clients wait in the system's backlog.
    if (most != 0 && worker.shared.connections.load(std::memory_order_relaxed) >= most) {
      if (!std::exchange(full, true))
        worker.shared.log.warning("MAX_CONNECTIONS clients are connected, others wait",
                                  {{"limit", std::to_string(most)}});
      pause.expires_after(std::chrono::milliseconds(20));
      co_await pause.async_wait(http::as_result);
      continue;
    }
    full = false;
    auto [error, socket] = co_await acceptor.async_accept(http::as_result);
    if (!error) {
      if (std::exchange(short_of_something, false)) worker.shared.log.info("accepting again");
      error_code gone;
      const auto peer = socket.remote_endpoint(gone);
      if (gone) continue;  // left before it was looked at
      std::string client = client_text(peer.address());
      http::Socket accepted(std::move(socket));
      // Counted here, not when it is first served, so that no burst of accepts passes the limit.
      if (port == Port::pulls) worker.shared.connections.fetch_add(1, std::memory_order_relaxed);
      asio::co_spawn(worker.context,
                     serve_client(worker, std::move(accepted), std::move(client), port),
                     asio::detached);
      continue;
    }
    if (error == asio::error::operation_aborted || !acceptor.is_open()) break;
    if (error == asio::error::connection_aborted) continue;
    if (!std::exchange(short_of_something, true))
      worker.shared.log.error("cannot accept connections", {{"error", error.message()}});
    pause.expires_after(std::chrono::milliseconds(100));
    co_await pause.async_wait(http::as_result);
  }
}

}  // namespace harbor_router::server
