// Which address a request counts for. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace harbor_router::server {

using AddressBytes = std::array<unsigned char, 16>;  // IPv4 as ::ffff:a.b.c.d

struct Network {
  AddressBytes address{};
  int prefix = 128;  // of 128 bits
};

[[nodiscard]] bool contains(const Network& network, const AddressBytes& address) noexcept;
// nullopt-free: an address that does not parse is all zero, which no proxy and no client has.
[[nodiscard]] AddressBytes address_bytes(std::string_view text);

// peer: who is connected. forwarded_for: its X-Forwarded-For lines in their order, each hop
// appended on the right of the last line or as a line of its own. Only a trusted peer is believed,
// and from right to left only as far as the hops are trusted themselves.
[[nodiscard]] std::string client_address(std::string_view peer,
                                         const std::vector<std::string_view>& forwarded_for,
                                         const std::vector<Network>& trusted);

}  // namespace harbor_router::server
