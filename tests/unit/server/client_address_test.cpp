#include "harbor_router/server/client_address.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace harbor_router::server;

namespace {

using Lines = std::vector<std::string_view>;

Network network(const char* address, int prefix) {
  const AddressBytes bytes = address_bytes(address);
  const bool ipv4 = bytes[10] == 0xff;
  return {.address = bytes, .prefix = prefix + (ipv4 ? 96 : 0)};
}

const std::vector<Network> nobody;
const std::vector<Network> proxies = {network("10.0.0.0", 8), network("2001:db8:1::", 48)};

}  // namespace

TEST_CASE("X-Forwarded-For of a peer nobody trusts is not believed") {
  CHECK(client_address("203.0.113.9", {"198.51.100.4"}, nobody) == "203.0.113.9");
  CHECK(client_address("203.0.113.9", {"198.51.100.4"}, proxies) == "203.0.113.9");
  CHECK(client_address("10.1.2.3", {"198.51.100.4"}, nobody) == "10.1.2.3");
}

TEST_CASE("of a trusted proxy its own word counts: the rightmost") {
  CHECK(client_address("10.1.2.3", {"198.51.100.4"}, proxies) == "198.51.100.4");
  CHECK(client_address("2001:db8:1::5", {"198.51.100.4"}, proxies) == "198.51.100.4");
  CHECK(client_address("10.1.2.3", {"2001:db8:77::1"}, proxies) == "2001:db8:77::1");
  CHECK(client_address("10.1.2.3", {}, proxies) == "10.1.2.3");
}

TEST_CASE("what a client wrote to the left of it is ignored") {
  CHECK(client_address("10.1.2.3", {"1.2.3.4, 198.51.100.4"}, proxies) == "198.51.100.4");
  CHECK(client_address("10.1.2.3", {"1.2.3.4,\t10.9.9.9 , 198.51.100.4"}, proxies) ==
        "198.51.100.4");
  // A proxy may add a line of its own instead.
  CHECK(client_address("10.1.2.3", {"1.2.3.4", "198.51.100.4"}, proxies) == "198.51.100.4");
  CHECK(client_address("10.1.2.3", {"1.2.3.4, 10.9.9.9", "198.51.100.4"}, proxies) ==
        "198.51.100.4");
}

TEST_CASE("a chain of trusted proxies is followed to its beginning") {
  CHECK(client_address("10.1.2.3", {"198.51.100.4, 10.7.7.7"}, proxies) == "198.51.100.4");
  CHECK(client_address("10.1.2.3", {"198.51.100.4", "10.7.7.7, 2001:db8:1::9"}, proxies) ==
        "198.51.100.4");
  CHECK(client_address("10.1.2.3", {"10.4.4.4, 10.7.7.7"}, proxies) == "10.4.4.4");
}

TEST_CASE("a hop may have a port, brackets or a scope, which are not its address") {
  CHECK(client_address("10.1.2.3", {"198.51.100.4:4711"}, proxies) == "198.51.100.4");
  CHECK(client_address("10.1.2.3", {"[2001:db8:77::1]"}, proxies) == "2001:db8:77::1");
  CHECK(client_address("10.1.2.3", {"[2001:db8:77::1]:4711"}, proxies) == "2001:db8:77::1");
  CHECK(client_address("10.1.2.3", {"198.51.100.4:4711, 10.7.7.7:80"}, proxies) == "198.51.100.4");
  CHECK(address_bytes("fe80::1%eth0") == address_bytes("fe80::1"));
  CHECK(address_bytes("fe80::1") != AddressBytes{});
}

TEST_CASE("what is no address ends the chain") {
  for (const char* hop : {"unknown", "", "[]:1", "[2001:db8::1", "1.2.3", "::", ":", "x, "}) {
    CAPTURE(hop);
    CHECK(client_address("10.1.2.3", {hop}, proxies) == "10.1.2.3");
    const std::string line = std::string(hop) + ", 10.7.7.7";
    CHECK(client_address("10.1.2.3", {line}, proxies) == "10.7.7.7");
  }
}

TEST_CASE("networks hold addresses by prefix, IPv4 in both of its forms") {
  CHECK(contains(network("10.0.0.0", 8), address_bytes("10.255.0.1")));
  CHECK(contains(network("10.0.0.0", 8), address_bytes("::ffff:10.255.0.1")));
  CHECK_FALSE(contains(network("10.0.0.0", 8), address_bytes("11.0.0.1")));
  CHECK(contains(network("192.0.2.128", 25), address_bytes("192.0.2.200")));
  CHECK_FALSE(contains(network("192.0.2.128", 25), address_bytes("192.0.2.127")));
  CHECK(contains(network("2001:db8::", 33), address_bytes("2001:db8:7fff::1")));
  CHECK_FALSE(contains(network("2001:db8::", 33), address_bytes("2001:db8:8000::1")));
  CHECK(contains(network("::", 0), address_bytes("192.0.2.1")));
}
