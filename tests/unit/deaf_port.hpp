// A port of 127.0.0.1 where a connection is neither taken nor refused, as behind a firewall that
// drops: a server that accepts nobody, with its queue full.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include <doctest/doctest.h>

namespace harbor_router::tests {

class DeafPort {
 public:
  // 0: any port.
  explicit DeafPort(std::uint16_t port = 0) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    const int on = 1;
    REQUIRE(::setsockopt(server_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    REQUIRE(::bind(server_, any, size) == 0);
    REQUIRE(::listen(server_, 0) == 0);  // room for one
    REQUIRE(::getsockname(server_, any, &size) == 0);
    REQUIRE(::connect(only_client_, any, size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~DeafPort() {
    ::close(only_client_);
    ::close(server_);
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  int server_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int only_client_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

}  // namespace harbor_router::tests
