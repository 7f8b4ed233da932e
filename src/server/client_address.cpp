#include "harbor_router/server/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace harbor_router::server {

namespace {

bool is_trusted(const std::vector<Network>& trusted, const AddressBytes& address) noexcept {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&address](const Network& each) { return contains(each, address); });
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
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
  const std::string copy(text);
  if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return bytes;
  std::array<unsigned char, 4> four{};
  if (::inet_pton(AF_INET, copy.c_str(), four.data()) != 1) return AddressBytes{};
  bytes[10] = bytes[11] = 0xff;
  std::copy(four.begin(), four.end(), bytes.begin() + 12);
  return bytes;
}

std::string client_address(std::string_view peer, std::string_view forwarded_for,
                           const std::vector<Network>& trusted) {
  std::string_view client = peer;
  while (!forwarded_for.empty() && is_trusted(trusted, address_bytes(client))) {
    const std::size_t comma = forwarded_for.rfind(',');
    const std::string_view hop =
        trimmed(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    if (address_bytes(hop) == AddressBytes{})
      break;  // no address: whoever wrote it is believed no further
    client = hop;
    forwarded_for =
        comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
  }
  return std::string(client);
}

}  // namespace harbor_router::server
