#include "bench/stream.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <openssl/err.h>

namespace harbor_router::bench {

namespace {

Progress of_ssl(SSL* ssl, int result) {
  const int error = SSL_get_error(ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Progress::wait
                                                                       : Progress::failed;
}

}  // namespace

Stream::Stream(Stream&& other) noexcept
    : context_(other.context_),
      host_(other.host_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      ssl_(std::move(other.ssl_)) {}

bool Stream::open(const http::Endpoint& endpoint, int epoll, std::uint64_t tag) {
  close();
  descriptor_ = ::socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return false;
  const int on = 1;  // an option refused costs latency, not correctness
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag;
  const bool begun =
      ::connect(descriptor_, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 ||
      errno == EINPROGRESS;
  if (begun && ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor_, &event) == 0) return true;
  close();
  return false;
}

Progress Stream::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
    return Progress::failed;
  sockaddr_storage peer{};
  size = sizeof peer;
  if (::getpeername(descriptor_, reinterpret_cast<sockaddr*>(&peer), &size) != 0)
    return errno == ENOTCONN ? Progress::wait : Progress::failed;
  return Progress::done;
}

Progress Stream::handshaken() {
  if (context_ == nullptr) return Progress::done;
  if (!ssl_) {
    ssl_.reset(SSL_new(context_));
    if (!ssl_ || SSL_set_fd(ssl_.get(), descriptor_) != 1) return Progress::failed;
    unsigned char address[16];
    const bool is_address = ::inet_pton(AF_INET, host_.c_str(), address) == 1 ||
                            ::inet_pton(AF_INET6, host_.c_str(), address) == 1;
    if (is_address) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host_.c_str());
    } else {  // SSL_set_tlsext_host_name is this, with an old-style cast
      std::string name = host_;
      SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
      SSL_set1_host(ssl_.get(), host_.c_str());
    }
    SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  ERR_clear_error();
  const int result = SSL_connect(ssl_.get());
  return result == 1 ? Progress::done : of_ssl(ssl_.get(), result);
}

Progress Stream::write(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (ssl_) {
      std::size_t count = 0;
      ERR_clear_error();
      const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
      if (result != 1) return of_ssl(ssl_.get(), result);
      bytes.remove_prefix(count);
      continue;
    }
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Progress::wait : Progress::failed;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return Progress::done;
}

Stream::Read Stream::read(std::span<char> space) {
  if (ssl_) {
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), space.data(), space.size(), &count);
    if (result == 1) return {.count = count, .state = Progress::done};
    const Progress state = of_ssl(ssl_.get(), result);
    return {.state = state, .drained = state == Progress::wait};
  }
  for (;;) {
    const ssize_t count = ::recv(descriptor_, space.data(), space.size(), 0);
    if (count > 0) {
      const auto got = static_cast<std::size_t>(count);
      return {.count = got, .state = Progress::done, .drained = got < space.size()};
    }
    if (count < 0 && errno == EINTR) continue;
    const bool wait = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return {.state = wait ? Progress::wait : Progress::failed, .drained = wait};
  }
}

void Stream::close() noexcept {
  ssl_.reset();
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace harbor_router::bench
