#include "server/rate_limit.hpp"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::server;
using namespace std::chrono_literals;

namespace {

const base::TimePoint quiet_hour{1h};

// How many of so many requests at one moment are let through.
int let_through(RateLimiter& limiter, const char* address, int requests, base::TimePoint now) {
  int count = 0;
  for (int i = 0; i < requests; ++i)
    if (!limiter.refuses(address_bytes(address), now)) ++count;
  return count;
}

AddressBytes address_number(std::uint32_t number) {
  AddressBytes address = address_bytes("10.0.0.0");
  for (std::size_t i = 0; i < 4; ++i)
    address[12 + i] = static_cast<unsigned char>(number >> (24 - 8 * i));
  return address;
}

}  // namespace

TEST_CASE("a burst of one second goes through, then one request each interval") {
  RateLimiter limiter(5);
  CHECK(let_through(limiter, "192.0.2.1", 20, quiet_hour) == 5);
  CHECK(limiter.refuses(address_bytes("192.0.2.1"), quiet_hour) == 200ms);
  CHECK(limiter.refuses(address_bytes("192.0.2.1"), quiet_hour + 150ms) == 50ms);
  CHECK(let_through(limiter, "192.0.2.1", 20, quiet_hour + 200ms) == 1);
  CHECK(let_through(limiter, "192.0.2.1", 20, quiet_hour + 600ms) == 2);
  CHECK(let_through(limiter, "192.0.2.1", 20, quiet_hour + 1h) == 5);  // saved up no further
}

TEST_CASE("over any time the rate is what was set") {
  for (const std::uint32_t rate : {1U, 7U, 100U, 3000U}) {
    CAPTURE(rate);
    RateLimiter limiter(rate);
    std::uint32_t through = 0;
    for (base::TimePoint now = quiet_hour; now < quiet_hour + 10s; now += 100us)
      if (!limiter.refuses(address_bytes("192.0.2.1"), now)) ++through;
    CHECK(through >= 10 * rate);
    CHECK(through <= 11 * rate);  // and the burst
  }
}

TEST_CASE("IPv4 counts by address, IPv6 by /64") {
  RateLimiter limiter(1);
  CHECK(let_through(limiter, "192.0.2.1", 1, quiet_hour) == 1);
  CHECK(let_through(limiter, "192.0.2.2", 1, quiet_hour) == 1);
  CHECK(let_through(limiter, "::ffff:192.0.2.1", 1, quiet_hour) == 0);
  CHECK(let_through(limiter, "2001:db8:0:1::1", 1, quiet_hour) == 1);
  CHECK(let_through(limiter, "2001:db8:0:1:ffff:ffff:ffff:ffff", 1, quiet_hour) == 0);
  CHECK(let_through(limiter, "2001:db8:0:2::1", 1, quiet_hour) == 1);
}

TEST_CASE("a flood of addresses is held in a bounded table, and let go when it is over") {
  RateLimiter limiter(1);
  for (std::uint32_t i = 0; i < RateLimiter::max_addresses + 5000; ++i)
    REQUIRE_FALSE(limiter.refuses(address_number(i), quiet_hour));
  CHECK(limiter.size() == RateLimiter::max_addresses);
  CHECK(let_through(limiter, "192.0.2.1", 1, quiet_hour + 2s) == 1);
  CHECK(limiter.size() == 1);
}

TEST_CASE("a rate of zero is no limit") {
  CHECK_FALSE(RateLimiter(0).is_on());
  CHECK(RateLimiter(1).is_on());
}
