#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "unit/stub/client.hpp"

namespace harbor_router::stub::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds long_enough = 20s;  // for a condition that does come true

struct FaultsFixture {
  StandIn harbor;
  Client client{harbor};
  Field token = token_for(harbor, {"p"});
  std::string body = app_image().manifest.bytes;
  FaultsFixture() : harbor(one_project()) {}
  Reply get() { return client.get(app_manifest, {token}); }
  void spoil(Fault fault) { harbor.set_fault({.requests = {.project = "p"}}, std::move(fault)); }
};

TEST_CASE_FIXTURE(FaultsFixture,
                  "a status, with Retry-After, for so many requests of an endpoint") {
  harbor.set_fault({.requests = {.project = "p", .endpoint = Endpoint::manifests}, .count = 2},
                   {.then = fault::Status{.status = 429, .retry_after = "7"}});
  CHECK(client.get("/v2/p/team/app/tags/list", {token}).status == 200);
  const Reply reply = get();
  CHECK(reply.status == 429);
  CHECK(reply.header("Retry-After") == "7");
  CHECK(get().status == 429);
  CHECK(get().status == 200);
}

TEST_CASE_FIXTURE(FaultsFixture,
                  "the youngest rule wins, and clearing one project keeps the other rules") {
  harbor.set_fault({}, {.then = fault::Status{.status = 500}});
  spoil({.then = fault::Status{.status = 418, .content_type = "text/plain", .body = "tea"}});
  CHECK(get().body == "tea");
  harbor.clear_faults("p");
  CHECK(get().status == 500);
  harbor.clear_faults();
  CHECK(get().status == 200);
}

TEST_CASE_FIXTURE(FaultsFixture, "the whole Harbor fails: API pages and the token service too") {
  harbor.set_fault({.requests = {.endpoint = Endpoint::projects}}, {.then = fault::PortalPage{}});
  harbor.set_fault({.requests = {.endpoint = Endpoint::token}},
                   {.then = fault::Status{.status = 500}});
  CHECK(client.get("/api/v2.0/projects").header("Content-Type") == "text/html");
  CHECK(client.get("/service/token?service=harbor-registry&scope=repository:p/x:pull").status ==
        500);
  CHECK(get().status == 200);
}

TEST_CASE_FIXTURE(FaultsFixture, "a portal page instead of a manifest") {
  spoil({.then = fault::PortalPage{}});
  const Reply reply = get();
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Type") == "text/html");
}

TEST_CASE_FIXTURE(FaultsFixture, "a cut body ends short of its length") {
  spoil({.then = fault::Cut{.after_bytes = 10}});
  const Reply reply = get();
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Length") == std::to_string(body.size()));
  CHECK(reply.body == body.substr(0, 10));
  CHECK_FALSE(reply.error.empty());
  REQUIRE(harbor.wait_until_in_progress(0, long_enough));
  CHECK(harbor.requests().back().body_bytes == 10);
}

TEST_CASE_FIXTURE(FaultsFixture, "bytes that are no HTTP, and a connection closed without any") {
  spoil({.then = fault::RawBytes{.bytes = "SSH-2.0-x\r\n"}});
  client.send("GET", app_manifest, {token});
  CHECK(client.receive_raw() == "SSH-2.0-x\r\n");
  spoil({.then = fault::Close{}});
  Client other(harbor);
  other.send("GET", app_manifest, {token});
  CHECK(other.receive_raw() == "");
}

TEST_CASE_FIXTURE(FaultsFixture, "a Content-Length that lies") {
  SUBCASE("too large") {
    spoil({.then = fault::WrongLength{.difference = 5}});
    const Reply reply = get();
    CHECK(reply.body == body);
    CHECK_FALSE(reply.error.empty());
  }
  SUBCASE("too small") {
    spoil({.then = fault::WrongLength{.difference = -5}});
    CHECK(get().body == body.substr(0, body.size() - 5));
    CHECK(client.receive("GET").status == 0);  // the rest is no answer
  }
}

TEST_CASE_FIXTURE(FaultsFixture, "wrong bytes of the right length") {
  spoil({.then = fault::WrongBytes{}});
  const Reply reply = get();
  CHECK(reply.body.size() == body.size());
  CHECK_FALSE(app_image().manifest.digest.matches(reply.body));
}

TEST_CASE_FIXTURE(FaultsFixture, "a slow drip is whole in the end") {
  spoil({.then = fault::SlowDrip{.chunk = 100, .interval = 1ms}});
  CHECK(get().body == body);
}

TEST_CASE_FIXTURE(FaultsFixture, "a delay, then the answer") {
  spoil({.delay = 20ms});
  const auto start = std::chrono::steady_clock::now();
  CHECK(get().status == 200);
  CHECK(std::chrono::steady_clock::now() - start >= 20ms);
}

TEST_CASE_FIXTURE(FaultsFixture, "a hang lasts until it is cleared") {
  spoil({.then = fault::Hang{}});
  harbor.clear_requests();
  client.send("GET", app_manifest, {token});
  REQUIRE(harbor.wait_for({.requests = 1, .filter = {.project = "p"}}, long_enough));
  CHECK(harbor.requests_in_progress() == 1);
  CHECK(harbor.requests().back().status == 0);
  harbor.clear_faults();
  CHECK(client.receive("GET").body == body);
}

TEST_CASE_FIXTURE(FaultsFixture, "a client that leaves during a hang is noticed") {
  spoil({.then = fault::Hang{}});
  {
    Client leaving(harbor);
    leaving.send("GET", app_manifest, {token});
    REQUIRE(harbor.wait_for({.filter = {.project = "p"}}, long_enough));
  }
  CHECK(harbor.wait_until_in_progress(0, long_enough));
  CHECK(harbor.wait_until_open_connections(1, long_enough));
}

TEST_CASE_FIXTURE(FaultsFixture, "a stand-in ends although requests hang") {
  spoil({.then = fault::Hang{}});
  client.send("GET", app_manifest, {token});
  REQUIRE(harbor.wait_for({.filter = {.project = "p"}}, long_enough));
}

TEST_CASE_FIXTURE(FaultsFixture, "the log: who asked for what, with which headers") {
  harbor.clear_requests();
  const std::size_t accepted = harbor.connections_accepted();
  Client another(harbor);
  another.head(app_manifest, {token, {"Accept", "a/b"}, {"Accept", "c/d"}, {"X-Test", "yes"}});
  REQUIRE(harbor.wait_until_in_progress(0, long_enough));
  const auto log = harbor.requests({.project = "p"});
  REQUIRE(log.size() == 1);
  CHECK(log[0].method == "HEAD");
  CHECK(log[0].target == app_manifest);
  CHECK(log[0].endpoint == Endpoint::manifests);
  CHECK(log[0].repository == "team/app");
  CHECK(log[0].reference == "1");
  CHECK(log[0].authorization_kind == AuthorizationKind::bearer);
  CHECK(log[0].authorization == token.value);
  CHECK(log[0].accept == std::vector<std::string>{"a/b", "c/d"});
  CHECK(log[0].header("x-test") == "yes");
  CHECK(log[0].status == 200);
  CHECK(harbor.connections_accepted() == accepted + 1);
  CHECK(harbor.count({.method = "HEAD", .project = "p", .endpoint = Endpoint::manifests}) == 1);
  CHECK(harbor.count({.method = "GET"}) == 0);
  harbor.clear_requests();
  CHECK(harbor.requests().empty());
  CHECK(harbor.count() == 0);
}

TEST_CASE("the log forgets the oldest, the counts do not") {
  Options options = one_project();
  options.log_limit = 2;
  options.threads = 2;
  const StandIn harbor(std::move(options));
  Client client(harbor);
  for (int i = 0; i < 5; ++i) client.get("/api/v2.0/ping");
  CHECK(harbor.count({.endpoint = Endpoint::ping}) == 5);
  CHECK(harbor.requests().size() == 2);
  CHECK(harbor.requests().back().number == 5);
}

}  // namespace
}  // namespace harbor_router::stub::testing
