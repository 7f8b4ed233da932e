// Where Harbor is: scheme, host and port, as HARBOR_URL says.
#pragma once

#include <cstdint>
#include <string>

namespace harbor_router::http {

enum class Scheme { http, https };

struct Origin {
  Scheme scheme = Scheme::http;
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 80;

  // The Host field's value: the port is left out when it is the scheme's own (RFC 9110
  // section 7.2).
  [[nodiscard]] std::string host_field() const;

  [[nodiscard]] std::string url() const;  // "https://harbor.example.com"

  friend bool operator==(const Origin&, const Origin&) = default;
};

}  // namespace harbor_router::http
