#include "server/listener.hpp"

#include <optional>
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

// The system lets a socket join others when all have SO_REUSEPORT at the time it is bound. The
// first gets it only then, so that it joins nobody's.
error_code open_on(Acceptor& acceptor, const http::Endpoint& endpoint, int backlog,
                   Listener which) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.set_option(ReusePort(which == Listener::further), error);
  if (!error && endpoint.protocol() == asio::ip::tcp::v6() && endpoint.address().is_unspecified())
    acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.listen(backlog, error);
  if (error) {
    error_code ignored;  // the first error is the one to tell
    acceptor.close(ignored);
  }
  return error;
}

constexpr std::chrono::milliseconds between_looks{20}, after_failure{100};
// So long without a failure, accepting works again: at a limit one connection may come and the next
// one fail, over and over.
constexpr std::chrono::seconds out_of_want{1};

// Taken when a client is accepted, not when he is first served, so that no burst passes the limit.
// One over it waits with us, as those do who are not accepted yet.
bool take_place(std::atomic<std::size_t>& connections, std::size_t most) {
  if (connections.fetch_add(1, std::memory_order_relaxed) < most || most == 0) return true;
  connections.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

// A client of the pull port has taken his place.
void serve(Worker& worker, http::Socket socket, Port port) {
  const auto give_place_back = [&worker, port] {
    if (port == Port::pulls) worker.shared.connections.fetch_sub(1, std::memory_order_relaxed);
  };
  error_code gone;  // before he was looked at
  const auto peer = socket.remote_endpoint(gone);
  if (gone) return give_place_back();
  try {
    auto session = std::make_unique<Session>(std::move(socket), worker.deadlines, port,
                                             client_text(peer.address()));
    asio::co_spawn(worker.context, serve_client(worker, std::move(session)), asio::detached);
  } catch (...) {  // want of memory: accept_clients() begins again
    give_place_back();
    throw;
  }
}

}  // namespace

Acceptor listen(Worker& worker, const Address& address, int backlog, Listener which) {
  Acceptor acceptor(worker.context.get_executor());
  error_code error;
  if (address.host.empty()) {
    error = open_on(acceptor, http::Endpoint(asio::ip::address_v6::any(), address.port), backlog,
                    which);
    if (error == asio::error::address_family_not_supported)  // a host without IPv6
      error = open_on(acceptor, http::Endpoint(asio::ip::address_v4::any(), address.port), backlog,
                      which);
  } else {
    const auto literal = asio::ip::make_address(address.host, error);
    if (!error) error = open_on(acceptor, http::Endpoint(literal, address.port), backlog, which);
  }
  if (error)
    throw std::runtime_error("cannot listen on " + address_text(address) + ": " + error.message());
  return acceptor;
}

http::Awaitable<> accept_clients(Worker& worker, Acceptor& acceptor, Port port) {
  http::Timer pause(worker.context.get_executor());
  const std::size_t most = port == Port::pulls ? worker.shared.settings.clients.max_connections : 0;
  std::optional<base::TimePoint> failed;  // the last time, until accepting works again
  bool full = false;
  while (acceptor.is_open()) {
    // Past the limit clients wait in the system's backlog.
    if (most != 0 && worker.shared.connections.load(std::memory_order_relaxed) >= most) {
      if (!std::exchange(full, true))
        worker.shared.log.warning("MAX_CONNECTIONS clients are connected, others wait",
                                  {{"limit", std::to_string(most)}});
      pause.expires_after(between_looks);
      co_await pause.async_wait(http::as_result);
      continue;
    }
    full = false;
    auto [error, socket] = co_await acceptor.async_accept(http::as_result);
    if (!error) {
      if (failed && base::Clock::now() - *failed >= out_of_want) {
        failed.reset();
        worker.shared.log.info("accepting again");
      }
      while (port == Port::pulls && !take_place(worker.shared.connections, most)) {
        pause.expires_after(between_looks);
        co_await pause.async_wait(http::as_result);
        if (!acceptor.is_open()) co_return;
      }
      serve(worker, std::move(socket), port);
      continue;
    }
    if (error == asio::error::operation_aborted || !acceptor.is_open()) break;
    if (error == asio::error::connection_aborted) continue;
    if (!std::exchange(failed, base::Clock::now()))
      worker.shared.log.error("cannot accept connections", {{"error", error.message()}});
    pause.expires_after(after_failure);
    co_await pause.async_wait(http::as_result);
  }
}

void accept_waiting_clients(Worker& worker, Acceptor& acceptor) {
  error_code error;
  acceptor.non_blocking(true, error);
  while (!error) {
    http::Socket socket(worker.context.get_executor());
    acceptor.accept(socket, error);
    if (error ||
        !take_place(worker.shared.connections, worker.shared.settings.clients.max_connections))
      return;
    serve(worker, std::move(socket), Port::pulls);
  }
}

}  // namespace harbor_router::server
