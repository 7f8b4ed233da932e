// Where Redis is and how to speak to it; immutable after start, but for passwords that rotate.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harbor_router/base/rotating_secret.hpp"

namespace harbor_router::redis {

struct ServerAddress {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 6379;
  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

[[nodiscard]] inline std::string to_string(const ServerAddress& address) {
  const bool bracketed = address.host.find(':') != std::string::npos;
  return (bracketed ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

enum class Transport { plain, tls };

struct Settings {
  std::vector<ServerAddress> sentinels;  // asked where the master is
  std::string master_name = "mymaster";
  std::optional<ServerAddress> server;  // instead of Sentinels
  std::string username;                 // of an ACL; empty: the default user
  // None, or an empty one: AUTH is sent only for a username. Looked at for each connection.
  std::shared_ptr<base::RotatingSecret> password, sentinel_password;
  unsigned database = 0;
  std::string key_prefix = "hr";
  Transport transport = Transport::plain;
  std::string ca_file;                                                // empty: the system's roots
  std::chrono::nanoseconds timeout = std::chrono::milliseconds(100);  // of a command

  [[nodiscard]] bool enabled() const noexcept { return server.has_value() || !sentinels.empty(); }
};

}  // namespace harbor_router::redis
