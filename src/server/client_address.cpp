#include "harbor_router/server/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::server {

namespace {

bool is_trusted(const std::vector<Network>& trusted, const AddressBytes& address) noexcept {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&address](const Network& each) { return contains(each, address); });
}

// "a.b.c.d:port", "[v6]" and "[v6]:port", as some proxies write them, without port and brackets.
std::string_view address_of(std::string_view hop) noexcept {
  const std::size_t bracket = hop.find(']');
  if (hop.starts_with('[') && bracket != std::string_view::npos) return hop.substr(1, bracket - 1);
  const std::size_t colon = hop.find(':');
  return colon == hop.rfind(':') ? hop.substr(0, colon) : hop;
}

}  // namespace

bool contains(const Network& network, const AddressBytes& address) noexcept {
  for (int bit = 0; bit < network.prefix; bit += 8) {
    const int bits = std::min(8, network.prefix - bit);
    const auto mask = static_cast<unsigned char>(0xff << (8 - bits));
    const auto at = static_cast<std::size_t>(bit / 8);
    if ((network.address[at] & mask) != (address[at] & mask)) return false;
  }
  return true;
}

AddressBytes address_bytes(std::string_view text) {
  AddressBytes bytes{};
  const std::string copy(
      text.substr(0, text.find('%')));  // a link's address is one on each of them
  if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return bytes;
  std::array<unsigned char, 4> four{};
  if (::inet_pton(AF_INET, copy.c_str(), four.data()) != 1) return AddressBytes{};
  bytes[10] = bytes[11] = 0xff;
  std::copy(four.begin(), four.end(), bytes.begin() + 12);
  return bytes;
}

std::string client_address(std::string_view peer,
                           const std::vector<std::string_view>& forwarded_for,
                           const std::vector<Network>& trusted) {
  std::string_view client = peer;
  for (auto line = forwarded_for.rbegin(); line != forwarded_for.rend(); ++line) {
    for (std::string_view rest = *line; !rest.empty();) {
      if (!is_trusted(trusted, address_bytes(client))) return std::string(client);
      const std::size_t comma = rest.rfind(',');
      const bool is_last = comma == std::string_view::npos;
      const std::string_view hop =
          address_of(base::trimmed(is_last ? rest : rest.substr(comma + 1)));
      // No address: whoever wrote it is believed no further.
      if (address_bytes(hop) == AddressBytes{}) return std::string(client);
      client = hop;
      rest = is_last ? std::string_view() : rest.substr(0, comma);
    }
  }
  return std::string(client);
}

}  // namespace harbor_router::server
