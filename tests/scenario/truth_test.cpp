// What a client hears when not all is well.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

namespace {

std::string error_code_of(const Reply& reply) {
  const auto body = nlohmann::json::parse(reply.body, nullptr, false);
  REQUIRE_MESSAGE(body.is_object(), reply.body);
  return body["errors"][0]["code"];
}

}  // namespace

TEST_CASE("what no project has is 404 MANIFEST_UNKNOWN, and remembered for a while") {
  World world;
  const Reply reply = get(*world.router, "/v2/proxy/none/such/manifests/1", {accepts_manifests()});
  CHECK(reply.status == 404);
  CHECK(error_code_of(reply) == "MANIFEST_UNKNOWN");
  CHECK(world.asked("GET") == 0);
  world.harbor.clear_requests();
  const Reply again = get(*world.router, "/v2/proxy/none/such/manifests/1", {accepts_manifests()});
  CHECK(again.status == 404);
  CHECK(again.header("X-Harbor-Router-Cache") == "negative");
  CHECK(world.asked(std::nullopt) == 0);
}

TEST_CASE("one miss and one failure is no 404, and is not remembered") {
  World world(Environment{{"RESOLVER_TIMEOUT", "5s"}});
  SUBCASE("503") {
    world.fails("ghcr", {.then = fault::Status{.status = 503}});
    CHECK(get(*world.router, app, {accepts_manifests()}).status == 502);
  }
  SUBCASE("429 with Retry-After") {
    world.fails("ghcr", {.then = fault::Status{.status = 429, .retry_after = "17"}});
    const Reply reply = get(*world.router, app, {accepts_manifests()});
    CHECK(reply.status == 429);
    CHECK(reply.header("Retry-After") == "17");
    CHECK(error_code_of(reply) == "TOOMANYREQUESTS");
  }
  SUBCASE("no answer") {
    world.fails("ghcr", {.then = fault::Hang{}});
    CHECK(get(*world.router, app, {accepts_manifests()}).status == 504);
  }
  SUBCASE("the connection is closed") {
    world.fails("ghcr", {.then = fault::Close{}});
    CHECK(get(*world.router, app, {accepts_manifests()}).status == 502);
  }
  SUBCASE("no HTTP") {
    world.fails("ghcr", {.then = fault::RawBytes{}});
    CHECK(get(*world.router, app, {accepts_manifests()}).status == 502);
  }
  SUBCASE("the portal's page") {
    world.fails("ghcr", {.then = fault::PortalPage{}});
    CHECK(get(*world.router, app, {accepts_manifests()}).status == 502);
  }
  world.harbor.clear_faults();
  world.has("ghcr", "team/app", "1", small_image("app"));
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
}

TEST_CASE("a project that has the image wins over those that refuse or answer nonsense") {
  World world;
  const Image image = small_image("app");
  world.has("quay", "team/app", "1", image);
  world.fails("hub", {.then = fault::Status{.status = 401}});
  world.fails("ghcr", {.then = fault::PortalPage{}});
  CHECK(get(*world.router, app, {accepts_manifests()}).body == image.manifest.bytes);
}

TEST_CASE("a learnt tag stays with its project through an outage and moves at its own 404") {
  World world;
  const Image first = small_image("first"), second = small_image("second");
  world.has("ghcr", "team/app", "1", first);
  CHECK(get(*world.router, app, {accepts_manifests()}).body == first.manifest.bytes);
  world.has("quay", "team/app", "1", second);
  world.fails("ghcr", {.then = fault::Status{.status = 500}});
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 502);
  world.harbor.clear_faults();
  CHECK(get(*world.router, app, {accepts_manifests()}).body == first.manifest.bytes);
  world.harbor.remove_tag({"ghcr", "team/app", "1"});
  const Reply moved = get(*world.router, app, {accepts_manifests()});
  CHECK(moved.body == second.manifest.bytes);
  CHECK(moved.header("X-Harbor-Router-Project") == "quay");
}

TEST_CASE("a manifest whose bytes are not its digest's never reaches a client") {
  World world;
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  const std::string by_digest = "/v2/proxy/team/app/manifests/" + image.manifest.digest.str();
  world.harbor.set_fault({.requests = {.method = "GET", .project = "ghcr"}},
                         {.then = fault::WrongBytes{}});
  CHECK(get(*world.router, by_digest, {accepts_manifests()}).status == 502);
  world.harbor.clear_faults();
  world.harbor.set_fault({.requests = {.method = "GET", .project = "ghcr"}},
                         {.then = fault::Cut{.after_bytes = 20}});
  CHECK(get(*world.router, by_digest, {accepts_manifests()}).status == 502);
  world.harbor.clear_faults();
  CHECK(get(*world.router, by_digest, {accepts_manifests()}).status == 200);
}

TEST_CASE("a policy's 412 is passed on and no other project is tried") {
  World world;
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  world.harbor.cache({"ghcr", "team/app", "1"});
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.forget_the_search();
  world.has("quay", "team/app", "1", small_image("other"));
  world.harbor.violate_policy({"ghcr", "team/app", "1"});
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 412);
  CHECK(world.asked(std::nullopt, "quay") == 0);
  world
      .restart_router();  // nothing known: HEAD to all has no words, so the project is asked by GET
  world.harbor.remove_tag({"quay", "team/app", "1"});
  const Reply cold = get(*world.router, app, {accepts_manifests()});
  CHECK(cold.status == 412);
  CHECK(error_code_of(cold) == "PROJECTPOLICYVIOLATION");
  const Reply bare = head(*world.router, app, {accepts_manifests()});
  CHECK(bare.status == 412);
  CHECK_FALSE(bare.has("Content-Length"));  // HEAD does not know what GET would say
}

TEST_CASE("a list of no projects at all makes no image absent") {
  World world(Environment{{"DISCOVERY_INTERVAL", "100ms"}});
  world.has("ghcr", "team/app", "1", small_image("app"));
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::projects}},
                         {.then = fault::Status{.status = 200, .body = "[]"}});
  CHECK(comes_true([&] { return get(*world.router, app, {accepts_manifests()}).status != 200; }));
  const Reply none = get(*world.router, app, {accepts_manifests()});
  CHECK(none.status == 503);
  CHECK_FALSE(none.header("Retry-After").empty());
  world.harbor.clear_faults();
  CHECK(comes_true([&] { return get(*world.router, app, {accepts_manifests()}).status == 200; }));
}

TEST_CASE("a question that Harbor does not take is asked once, and hurts nobody else") {
  World world;
  world.has("ghcr", "team/app", "1", small_image("app"));
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.forget_the_search();
  world.fails("ghcr", {.then = fault::Status{.status = 400}});
  for (int i = 0; i < 6; ++i) CHECK(get(*world.router, app, {accepts_manifests()}).status == 502);
  CHECK(world.asked("GET", "ghcr") == 6);
  world.harbor.clear_faults();
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
}

TEST_CASE("two projects with one tag and two digests are a conflict somebody hears of") {
  World world;
  world.has("ghcr", "team/app", "1", small_image("one"));
  world.has("quay", "team/app", "1", small_image("two"));
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  CHECK(world.router->wait_for_log("two projects have this tag"));
  CHECK(metric(*world.router, "harbor_router_conflicts_total") == 1);
}

TEST_CASE("what is no pull is told so, and reaches Harbor in no form") {
  World world;
  const auto status = [&](const std::string& target) { return get(*world.router, target).status; };
  CHECK(status("/v2/proxy/../../private/app/manifests/1") == 400);
  CHECK(status("/v2/proxy/%2e%2e/private/app/manifests/1") == 400);
  CHECK(status("/v2/proxy/UPPER/manifests/1") == 400);
  CHECK(status("/v2/proxy/app/manifests/sha256:bad") == 400);
  CHECK(status("/v2/proxy/app/blobs/sha256:bad") == 400);
  CHECK(status("/v2/other/app/manifests/1") == 404);
  CHECK(status("/nonsense") == 404);
  CHECK(status("/v2/proxy/caf\xc3\xa9/manifests/1") >= 400);
  Client client(world.router->port());
  const Reply put = client.ask("PUT", app, {}, "x");
  CHECK(put.status == 405);
  CHECK(error_code_of(put) == "UNSUPPORTED");
  CHECK(client.ask("PUT", "/v2/proxy/app/manifests/sha256:totallywrong", {}, "x").status == 400);
  CHECK(world.asked(std::nullopt) == 0);
}

TEST_CASE("heads that two servers could read differently are refused and the connection closed") {
  World world;
  const std::string start = "GET " + app + " HTTP/1.1\r\nHost: r\r\n";
  for (const std::string& rest :
       {std::string("Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        std::string("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        std::string("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        std::string("X: a\r\n b\r\n\r\n"), std::string("X : a\r\n\r\n"),
        std::string("X: a\rb\r\n\r\n"), std::string("X: a\nY: b\r\n\r\n"),
        std::string("X: a\r\n\n"), std::string("X: a\n\n"), std::string("X: a\n\r\n"),
        std::string("X: a\0b\r\n\r\n", 11), std::string("Host: other\r\n\r\n"),
        std::string("Authorization: Basic YTph\r\nauthorization: Basic Yjpi\r\n\r\n")}) {
    CAPTURE(rest);
    Client client(world.router->port());
    client.send_raw(start + rest);
    const std::string answer = client.receive_raw();
    CHECK(answer.starts_with("HTTP/1.1 400 "));
    CHECK(answer.find("Connection: close") != std::string::npos);
  }
  CHECK(world.asked(std::nullopt) == 0);
}

TEST_CASE("a body on a GET is dropped and the next request found") {
  World world;
  const Image image = small_image("app");
  world.has("hub", "team/app", "1", image);
  Client client(world.router->port());
  CHECK(client.ask("GET", app, {accepts_manifests()}, "unexpected").body == image.manifest.bytes);
  CHECK(client.get(app, {accepts_manifests()}).body == image.manifest.bytes);
}

}  // namespace harbor_router::scenario
