// One connection, plain or TLS, with its deadline. The narrow seam to the socket: whatever makes
// socket calls faster (direct sends, splice) stays behind it.
//
// Belongs to one thread. When the deadline passes, the socket is closed (or, with interrupt, only
// the operation under way is cancelled) and that operation ends with an error; deadline.expired()
// tells why.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <tuple>

#include <boost/asio/ssl/stream.hpp>

#include "harbor_router/http/asio.hpp"
#include "harbor_router/http/buffer.hpp"
#include "harbor_router/http/deadlines.hpp"

namespace harbor_router::http {

using IoResult = std::tuple<error_code, std::size_t>;
using TwoBuffers = std::array<asio::const_buffer, 2>;  // a head and a body; either may be empty

enum class AtDeadline { close, interrupt };
// What the peer sees of a close. reset: never taken for the end of what it was sent.
enum class AtClose { end, reset };

class Connection {
 public:
  Connection(Socket socket, Deadlines& deadlines);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Becomes TLS: handshake as a client, certificate and host name verified, SNI sent.
  [[nodiscard]] Awaitable<error_code> start_tls(asio::ssl::context& context, std::string host);
  // What a person can mend of start_tls()'s failure: which fault the certificate has, or that the
  // port speaks something else.
  [[nodiscard]] std::string words_of(error_code tls_error) const;

  // Bytes of a message that has begun, or an end: the socket is tried at once.
  [[nodiscard]] Awaitable<IoResult> read_some(asio::mutable_buffer space);
  // The first bytes of the peer's next message, none of which can have come yet: waits to be told,
  // which spares a system call, and only then takes a buffer from the pool, where `into` has none.
  // An end that came together with the message before may go unseen until something is written:
  // peer_is_gone() tells. Both are borrowed until then; where nothing came `into` is as before.
  [[nodiscard]] Awaitable<IoResult> read_next(Buffer& into, BufferPool& pool);
  // Writes what the socket takes at once and drops it from the buffers; would_block: there is more
  // left, for write().
  [[nodiscard]] error_code write_now(TwoBuffers& buffers) noexcept;
  // Writes all of it. Tried at once; only when the socket is full does it wait_writable. To be
  // spared the coroutine: write_now() first.
  [[nodiscard]] Awaitable<error_code> write(TwoBuffers buffers,
                                            std::chrono::nanoseconds progress_timeout);
  // Until there is something to read (or the peer is gone), an end that was not told included. No
  // coroutine.
  [[nodiscard]] Awaitable<std::tuple<error_code>> wait_readable();
  // Until there is room to write, as long as the peer takes something in every progress_timeout;
  // else closed, and timed_out.
  [[nodiscard]] Awaitable<error_code> wait_writable(std::chrono::nanoseconds progress_timeout);

  // Whether the peer has closed or reset: one system call, consumes nothing.
  [[nodiscard]] bool peer_is_gone() noexcept;
  // Unread bytes or an end on a connection that should be silent; one system call.
  [[nodiscard]] bool is_silent() noexcept;
  void close() noexcept;
  void set_at_close(AtClose how) noexcept;
  void interrupt() noexcept;  // ends the operation under way, keeps the connection
  [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
  [[nodiscard]] bool is_tls() const noexcept { return tls_ != nullptr; }
  [[nodiscard]] Socket& socket() noexcept { return socket_; }

  Deadline deadline;
  AtDeadline at_deadline = AtDeadline::close;
  // Of one that a Connector made.
  Endpoint address;
  base::TimePoint made{};

 private:
  // With the buffer taken beforehand.
  [[nodiscard]] Awaitable<IoResult> read_into_taken(Buffer& into, BufferPool& pool);
  Socket socket_;
  std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
};

}  // namespace harbor_router::http
