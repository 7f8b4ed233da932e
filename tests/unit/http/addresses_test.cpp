#include "harbor_router/http/addresses.hpp"

#include <chrono>
#include <vector>

#include <doctest/doctest.h>

#include "harbor_router/http/origin.hpp"

using namespace harbor_router;
using namespace harbor_router::http;
using namespace std::chrono_literals;

namespace {

Endpoint at(const char* address) {
  return Endpoint(asio::ip::make_address(address), 443);
}

const Endpoint a = at("192.0.2.1"), b = at("192.0.2.2"), c = at("2001:db8::3");
const base::TimePoint start{1h};

using Order = std::vector<Endpoint>;

Addresses three() {
  Addresses addresses;
  addresses.resolved({a, b, c}, start);
  return addresses;
}

}  // namespace

TEST_CASE("every address is first in turn") {
  Addresses addresses = three();
  CHECK(addresses.order(start) == Order{a, b, c});
  CHECK(addresses.order(start) == Order{b, c, a});
  CHECK(addresses.order(start) == Order{c, a, b});
  CHECK(addresses.order(start) == Order{a, b, c});
}

TEST_CASE("one that refused comes last for a while, and is believed again after it") {
  Addresses addresses = three();
  addresses.refused(a, start);
  CHECK(addresses.order(start) == Order{b, c, a});
  CHECK(addresses.order(start + 1s) == Order{b, c, a});
  CHECK(addresses.order(start + Addresses::rest - 1ns) == Order{c, b, a});
  CHECK(addresses.order(start + Addresses::rest) == Order{a, b, c});
}

TEST_CASE("one that accepts is believed at once") {
  Addresses addresses = three();
  addresses.refused(a, start);
  addresses.accepted(a);
  CHECK(addresses.order(start) == Order{a, b, c});
}

TEST_CASE("when all have refused, all are tried all the same") {
  Addresses addresses = three();
  for (const Endpoint& each : {a, b, c}) addresses.refused(each, start);
  CHECK(addresses.order(start) == Order{a, b, c});
  CHECK(addresses.order(start) == Order{b, c, a});
}

TEST_CASE("the name is resolved at first, and again when the answer is old") {
  Addresses addresses;
  CHECK(addresses.empty());
  CHECK(addresses.must_resolve(start));
  CHECK(addresses.order(start).empty());
  addresses.resolved({a}, start);
  CHECK_FALSE(addresses.must_resolve(start));
  CHECK_FALSE(addresses.must_resolve(start + Addresses::fresh_for - 1ns));
  CHECK(addresses.must_resolve(start + Addresses::fresh_for));
  CHECK(addresses.order(start + 1h) == Order{a});  // in use until a new answer comes
}

TEST_CASE("a look-up that failed is made again a moment later, and what is known stays in use") {
  Addresses addresses;
  addresses.resolved({a}, start);
  const base::TimePoint old = start + Addresses::fresh_for;
  addresses.could_not_resolve(old);
  CHECK_FALSE(addresses.must_resolve(old));
  CHECK(addresses.must_resolve(old + Addresses::ask_again_after));
  CHECK(addresses.order(old) == Order{a});
  Addresses none;
  none.could_not_resolve(start);
  CHECK(none.must_resolve(start));  // without any there is nothing else to do
}

TEST_CASE("a new answer keeps what is known of the addresses that stay") {
  Addresses addresses = three();
  addresses.refused(b, start);
  addresses.resolved({b, b, at("192.0.2.9")}, start + 1s);
  CHECK(addresses.order(start + 2s) == Order{at("192.0.2.9"), b});
  addresses.refused(a, start + 2s);  // gone: nothing to remember
  CHECK(addresses.order(start + 2s).size() == 2);
}

TEST_CASE("a connection is kept while its address is the name's, and no other waits for its turn") {
  Addresses addresses = three();
  CHECK(addresses.keeps(a, start, start + Addresses::fresh_for - 1ns));
  CHECK_FALSE(addresses.keeps(a, start, start + Addresses::fresh_for));
  CHECK_FALSE(addresses.keeps(at("192.0.2.9"), start, start));
  addresses.resolved({b}, start);
  CHECK_FALSE(addresses.keeps(a, start, start));
  CHECK(addresses.keeps(b, start, start + 1h));
}

TEST_CASE("the Host field leaves out a scheme's own port and brackets IPv6") {
  CHECK(Origin{Scheme::http, "harbor.example", 80}.host_field() == "harbor.example");
  CHECK(Origin{Scheme::https, "harbor.example", 443}.host_field() == "harbor.example");
  CHECK(Origin{Scheme::http, "harbor.example", 443}.host_field() == "harbor.example:443");
  CHECK(Origin{Scheme::https, "harbor.example", 80}.host_field() == "harbor.example:80");
  CHECK(Origin{Scheme::https, "2001:db8::1", 8443}.host_field() == "[2001:db8::1]:8443");
  CHECK(Origin{Scheme::http, "192.0.2.1", 80}.host_field() == "192.0.2.1");
}
