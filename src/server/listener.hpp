// Listening sockets, one a thread on the same port (SO_REUSEPORT), and the loop that accepts.
#pragma once

#include "harbor_router/server/settings.hpp"
#include "server/session.hpp"

namespace harbor_router::server {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, http::Executor>;

// first: fails where anybody listens already, another process of this program too; further: the
// same address for one more thread.
enum class Listener { first, further };
// Throws std::runtime_error with the address and the system's words when it cannot listen.
[[nodiscard]] Acceptor listen(Worker& worker, const Address& address, int backlog, Listener which);

// Accepts until the acceptor is closed. Out of descriptors or memory it pauses, and says so once.
[[nodiscard]] http::Awaitable<> accept_clients(Worker& worker, Acceptor& acceptor, Port port);

// Accepts who has come already; before the acceptor is closed, which would reset them.
void accept_waiting_clients(Worker& worker, Acceptor& acceptor);

}  // namespace harbor_router::server
