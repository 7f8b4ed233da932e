// A non-blocking connection, plain or TLS, for one edge-triggered epoll loop. Nothing waits here:
// what cannot go on at once says so. One thread; the descriptor is closed with the object.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "harbor_router/http/asio.hpp"

namespace harbor_router::bench {

enum class Progress { done, wait, failed };

class Stream {
 public:
  // tls: null for a plain connection; host: whose certificate it must be. Borrowed.
  Stream(SSL_CTX* tls, const std::string& host) : context_(tls), host_(host) {}
  ~Stream() { close(); }
  Stream(Stream&& other) noexcept;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Begins to connect and joins the epoll instance, whose events carry `tag`.
  [[nodiscard]] bool open(const http::Endpoint& endpoint, int epoll, std::uint64_t tag);
  [[nodiscard]] Progress connected();   // once the socket can be written
  [[nodiscard]] Progress handshaken();  // then, for TLS; plain ones are done at once
  // Writes what goes and drops it from bytes.
  [[nodiscard]] Progress write(std::string_view& bytes);
  struct Read {
    std::size_t count = 0;
    Progress state = Progress::wait;  // done: count bytes; wait: none yet; failed: end or error
    bool drained = false;             // there is nothing more to read now
  };
  [[nodiscard]] Read read(std::span<char> space);
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] bool is_tls() const noexcept { return context_ != nullptr; }

 private:
  SSL_CTX* context_;
  const std::string& host_;
  int descriptor_ = -1;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
};

}  // namespace harbor_router::bench
