#include "harbor_router/http/connection.hpp"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <span>

#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

#include "http/drained_read.hpp"

namespace harbor_router::http {

namespace {

// One part, as every request to Harbor is, costs the kernel less by send.
ssize_t send_parts(int socket, std::span<iovec> parts) noexcept {
  constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  if (parts.size() == 1) return ::send(socket, parts[0].iov_base, parts[0].iov_len, flags);
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return ::sendmsg(socket, &message, flags);
}

// What the peer has not taken yet; 0 when the socket does not say.
int bytes_queued(int socket) noexcept {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

}  // namespace

Connection::Connection(Socket socket, Deadlines& deadlines) : socket_(std::move(socket)) {
  deadline.attach(deadlines, [this] {
    if (at_deadline == AtDeadline::close)
      close();
    else
      interrupt();
  });
  error_code ignored;  // an option refused costs latency, not correctness
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

Awaitable<error_code> Connection::start_tls(asio::ssl::context& context, std::string host) {
  tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, context);
  error_code error;
  asio::ip::make_address(host, error);
  const bool is_name = static_cast<bool>(error);
  if (is_name)  // SSL_set_tlsext_host_name is this, with an old-style cast
    SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             host.data());
  asio::ssl::host_name_verification verification(host);
  tls_->set_verify_mode(asio::ssl::verify_peer);
  tls_->set_verify_callback(verification);
  auto [handshake_error] =
      co_await tls_->async_handshake(asio::ssl::stream_base::client, as_result);
  co_return handshake_error;
}

std::string Connection::words_of(error_code tls_error) const {
  std::string words = tls_error.message();
  if (tls_error == asio::error::eof || tls_error == asio::ssl::error::stream_truncated)
    return words + ": the peer closed in the handshake; does this port speak TLS?";
  if (tls_error.category() != asio::error::get_ssl_category()) return words;
  switch (ERR_GET_REASON(static_cast<unsigned long>(tls_error.value()))) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED: {
      const long fault = SSL_get_verify_result(tls_->native_handle());
      // Asio's check of the name leaves no code of its own.
      if (fault == X509_V_OK || fault == X509_V_ERR_UNSPECIFIED)
        return words + ": the certificate is for another host";
      return words + ": " + X509_verify_cert_error_string(fault);
    }
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
      return words + ": this port does not speak TLS";
    default:
      return words;
  }
}

Awaitable<IoResult> Connection::read_some(asio::mutable_buffer space) {
  if (!tls_) {
    const ssize_t count = ::recv(socket_.native_handle(), space.data(), space.size(), MSG_DONTWAIT);
    if (count > 0) co_return IoResult{error_code{}, static_cast<std::size_t>(count)};
    if (count == 0 && space.size() > 0) co_return IoResult{asio::error::eof, std::size_t{0}};
    const bool must_wait = count == 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (!must_wait) co_return IoResult{{errno, boost::system::system_category()}, std::size_t{0}};
  }
  IoResult read;
  if (tls_)
    read = co_await tls_->async_read_some(space, as_result);
  else
    read = co_await socket_.async_read_some(DrainedRead(space), as_result);
  co_return read;
}

Awaitable<IoResult> Connection::read_next(Buffer& into, BufferPool& pool) {
  if (has_drained_read && !tls_) return socket_.async_read_some(DrainedRead(into, pool), as_result);
  return read_into_taken(into, pool);
}

Awaitable<IoResult> Connection::read_into_taken(Buffer& into, BufferPool& pool) {
  if (!into.allocated()) into = pool.take();
  const std::span<char> space = into.space();
  IoResult read = co_await read_some(asio::mutable_buffer(space.data(), space.size()));
  if (into.empty() && std::get<std::size_t>(read) == 0) into = Buffer{};
  co_return read;
}

error_code Connection::write_now(TwoBuffers& buffers) noexcept {
  if (tls_) return asio::error::would_block;
  while (buffers[0].size() + buffers[1].size() > 0) {
    iovec parts[2];
    std::size_t count = 0;
    for (const asio::const_buffer& buffer : buffers) {
      if (buffer.size() == 0) continue;
      parts[count++] = {const_cast<void*>(buffer.data()), buffer.size()};
    }
    const ssize_t sent = send_parts(socket_.native_handle(), {parts, count});
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return asio::error::would_block;
      return {errno, boost::system::system_category()};
    }
    auto left = static_cast<std::size_t>(sent);
    for (asio::const_buffer& buffer : buffers) {
      const std::size_t part = std::min(left, buffer.size());
      buffer += part;
      left -= part;
    }
  }
  return {};
}

Awaitable<error_code> Connection::write(TwoBuffers buffers,
                                        std::chrono::nanoseconds progress_timeout) {
  if (tls_) {
    deadline.set_after(progress_timeout);
    auto [error, written] = co_await asio::async_write(*tls_, buffers, as_result);
    deadline.clear();
    co_return error;
  }
  for (;;) {
    const error_code written = write_now(buffers);
    if (written != asio::error::would_block) co_return written;
    const error_code waited = co_await wait_writable(progress_timeout);
    if (waited) co_return waited;
  }
}

Awaitable<std::tuple<error_code>> Connection::wait_readable() {
  return socket_.async_wait(Socket::wait_read, as_result);
}

// The kernel tells of room once a third of its queue is free (sk_stream_is_writeable), for which a
// slow reader may take minutes; what is left in the queue shows that he reads.
Awaitable<error_code> Connection::wait_writable(std::chrono::nanoseconds progress_timeout) {
  const AtDeadline usual = std::exchange(at_deadline, AtDeadline::interrupt);
  error_code result;
  for (int queued = bytes_queued(socket_.native_handle());;) {
    deadline.set_after(progress_timeout);
    const auto [error] = co_await socket_.async_wait(Socket::wait_write, as_result);
    const bool late = deadline.expired();
    deadline.clear();
    if (!error) break;
    const int left = bytes_queued(socket_.native_handle());
    if (late && left < queued) {
      queued = left;
      continue;
    }
    result = late ? error_code(asio::error::timed_out) : error;
    if (late) close();
    break;
  }
  at_deadline = usual;
  co_return result;
}

bool Connection::peer_is_gone() noexcept {
  if (!socket_.is_open()) return true;
  pollfd entry{socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool Connection::is_silent() noexcept {
  if (!socket_.is_open()) return false;
  pollfd entry{socket_.native_handle(), POLLIN | POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) == 0;
}

void Connection::interrupt() noexcept {
  error_code ignored;  // nothing under way: nothing to cancel
  socket_.cancel(ignored);
}

// Not by Asio, which undoes it when the socket is destroyed.
void Connection::set_at_close(AtClose how) noexcept {
  const linger option{.l_onoff = how == AtClose::reset ? 1 : 0, .l_linger = 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &option, sizeof option);
}

void Connection::close() noexcept {
  error_code ignored;  // nothing is left to do with a socket that does not close
  socket_.close(ignored);
}

}  // namespace harbor_router::http
