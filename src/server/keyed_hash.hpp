// A hash of a secret that says nothing about it outside this process: HMAC-SHA256 under a random
// key made at start.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace harbor_router::server {

class KeyedHash {
 public:
  KeyedHash();  // throws std::runtime_error when the system has no randomness

  [[nodiscard]] std::string of(std::string_view secret) const;  // 32 bytes
  // Short enough for a key, never 0 (which stands for the router's own account).
  [[nodiscard]] std::uint64_t identity_of(std::string_view secret) const;

 private:
  std::array<unsigned char, 32> key_{};
};

}  // namespace harbor_router::server
