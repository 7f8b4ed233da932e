// Harbor out of reach, refusing, slow or full: what is known serves on, and the rest is told.
#include <memory>
#include <thread>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/desk.hpp"
#include "unit/deaf_port.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

namespace {

double breaker_of(const Router& router, const std::string& project) {
  return metric(router, "harbor_router_breaker_open{project=\"" + project + "\"}");
}

std::string message_of(const Reply& reply) {
  return nlohmann::json::parse(reply.body)["errors"][0]["message"];
}

// A router that has pulled `app` once, and a Harbor that goes and comes back at the same port.
struct Outage {
  explicit Outage(Environment more) : router(environment(std::move(more))) {
    router.wait_until_ready();
    CHECK(pull().status == 200);
  }
  [[nodiscard]] Environment environment(Environment more) {
    ends();
    options.port = harbor->port();
    more.insert({{"HARBOR_URL", harbor->url()},
                 {"DISCOVERY_INTERVAL", "1h"},
                 {"CIRCUIT_BREAKER_THRESHOLD", "3"},
                 {"CIRCUIT_BREAKER_TIMEOUT", "5s"}});
    return more;
  }
  void begins() { harbor.reset(); }
  void ends() {
    harbor = std::make_unique<StandIn>(options);
    harbor->add_image({"ghcr", "team/app", "1"}, small_image("app"));
  }
  [[nodiscard]] Reply pull() const { return get(router, app, {accepts_manifests()}); }
  void is_of_all_of_harbor() const {
    CHECK(breaker_of(router, "all of Harbor") == 1);
    for (const char* project : {"hub", "ghcr", "quay"}) CHECK(breaker_of(router, project) == 0);
  }

  stub::Options options = three_projects();
  std::unique_ptr<StandIn> harbor;
  Router router;
};

}  // namespace

TEST_CASE("Harbor out of reach is one outage, not three, and over for all with one probe") {
  Outage outage(Environment{{"RETRY_MAX_ATTEMPTS", "0"}});
  const Router& router = outage.router;
  outage.begins();
  CHECK(comes_true([&] { return outage.pull().status == 503; }));
  const Reply down = outage.pull();
  CHECK(down.status == 503);
  CHECK_FALSE(down.header("Retry-After").empty());
  CHECK(message_of(down).find("all of Harbor") != std::string::npos);
  outage.is_of_all_of_harbor();
  // Another name, of which no project was ever asked: nor is it now, and it is not absent.
  CHECK(get(router, "/v2/proxy/team/other/manifests/1", {accepts_manifests()}).status == 503);
  CHECK(get(router, "/readyz").status == 200);

  outage.ends();
  CHECK(comes_true([&] { return outage.pull().status == 200; }));
  CHECK(breaker_of(router, "all of Harbor") == 0);
  CHECK(get(router, "/v2/proxy/team/other/manifests/1", {accepts_manifests()}).status == 404);
  for (const char* project : {"hub", "ghcr", "quay"})
    CHECK(outage.harbor->count({.method = "HEAD", .project = project}) == 1);
}

TEST_CASE("a Harbor that neither takes nor refuses connections is one outage too") {
  Outage outage(Environment{{"RESOLVER_TIMEOUT", "2s"}});
  outage.begins();
  {
    const tests::DeafPort deaf(outage.options.port);
    CHECK(outage.pull().status == 504);
    CHECK(comes_true([&] { return outage.pull().status == 503; }));
    outage.is_of_all_of_harbor();
  }
  outage.ends();
  CHECK(comes_true([&] { return outage.pull().status == 200; }));
  CHECK(breaker_of(outage.router, "all of Harbor") == 0);
}

TEST_CASE("a refused token is renewed once, then told as Harbor's refusal of the account") {
  World world;
  world.has("ghcr", "team/app", "1", small_image("app"));
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.forget_the_search();
  const Image elsewhere = small_image("elsewhere");
  world.has("quay", "team/app", "1", elsewhere);
  world.fails("ghcr", {.then = fault::Status{.status = 401}});
  const Reply refused = get(*world.router, app, {accepts_manifests()});
  CHECK(refused.status == 502);
  CHECK(message_of(refused) == "Harbor refuses the router's account");
  CHECK_FALSE(refused.has("WWW-Authenticate"));
  CHECK(world.asked("GET", "ghcr") == 2);
  CHECK(world.asked(std::nullopt, std::nullopt, Endpoint::token) == 1);
  CHECK(world.asked(std::nullopt, "quay") == 0);
  world.harbor.clear_faults();
  CHECK(get(*world.router, app, {accepts_manifests()}).header("X-Harbor-Router-Project") == "ghcr");
}

TEST_CASE(
    "a renewal of the account's token that fails is a failure of Harbor, and repeated as such") {
  World world;
  world.has("ghcr", "team/app", "1", small_image("app"));
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.forget_the_search();
  world.harbor.set_fault(
      {.requests = {.project = "ghcr", .endpoint = Endpoint::manifests}, .count = 1},
      {.then = fault::Status{.status = 401}});
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::token}, .count = 1},
                         {.then = fault::Close{}});
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  CHECK(world.asked("GET", "ghcr") == 2);
}

TEST_CASE("when every project refuses the account a cold pull is told so too, not 404") {
  World world;
  for (const char* project : {"hub", "ghcr", "quay"})
    world.fails(project, {.then = fault::Status{.status = 401}});
  const Reply refused = get(*world.router, app, {accepts_manifests()});
  CHECK(refused.status == 502);
  CHECK(message_of(refused) == "Harbor refuses the router's account");
}

TEST_CASE("a stale mapping serves while its refresh runs, which is one question") {
  World world(Environment{{"CACHE_TTL", "200ms"}, {"RESOLVER_TIMEOUT", "60s"}});
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.forget_the_search();
  world.harbor.set_fault({.requests = {.method = "HEAD", .project = "ghcr"}},
                         {.then = fault::Hang{}});
  const auto cache_state = [&] {
    const Reply reply = get(*world.router, app, {accepts_manifests()});
    CHECK(reply.body == image.manifest.bytes);
    return reply.header("X-Harbor-Router-Cache");
  };
  CHECK(comes_true([&] { return cache_state() == "stale"; }));
  CHECK(world.harbor.wait_for({.requests = 1, .filter = {.method = "HEAD"}}, 20s));
  for (int i = 0; i < 5; ++i) CHECK(cache_state() == "stale");
  CHECK(world.asked("HEAD") == 1);
  CHECK(world.asked(std::nullopt, "quay") == 0);
  world.harbor.clear_faults();
  CHECK(comes_true([&] { return cache_state() == "hit"; }));
}

TEST_CASE("an outage longer than a mapping's life moves no tag") {
  Desk desk(Environment{{"CACHE_TTL", "100ms"},
                        {"STALE_WHILE_REVALIDATE", "0s"},
                        {"RETRY_MAX_ATTEMPTS", "0"},
                        {"CIRCUIT_BREAKER_THRESHOLD", "1000"}});
  const Image own = small_image("app"), namesake = small_image("namesake");
  desk.has("ghcr", "team/app", "1", own);
  CHECK(get(*desk.router, app, {accepts_manifests()}).status == 200);
  desk.forget_the_search();
  desk.has("quay", "team/app", "1", namesake);
  desk.fails("ghcr", {.then = fault::Status{.status = 503}});
  CHECK(comes_true([&] { return desk.entries("team/app:1").at(0)["state"] == "lapsed"; }));
  const Reply during = get(*desk.router, app, {accepts_manifests()});
  CHECK(during.status == 502);
  CHECK(message_of(during).starts_with("project ghcr: "));
  CHECK(comes_true([&] { return desk.asked("HEAD", "quay") == 1; }));
  const std::string why = desk.resolves({"--server", desk.admin_url(), "team/app:1"}, 5)["reason"];
  CHECK(
      why.starts_with("a tag does not move while the last project known to have it cannot say "
                      "(ghcr: answered 503"));

  desk.harbor.clear_faults();
  CHECK(get(*desk.router, app, {accepts_manifests()}).body == own.manifest.bytes);
  CHECK(comes_true([&] { return desk.entries("team/app:1").at(0)["state"] == "lapsed"; }));
  desk.fails("ghcr", {.then = fault::Status{.status = 404}});
  CHECK(get(*desk.router, app, {accepts_manifests()}).body == namesake.manifest.bytes);
}

TEST_CASE("an outage of discovery shows its age in /readyz and in the metrics, and pulls go on") {
  World world(Environment{{"DISCOVERY_INTERVAL", "200ms"}});
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::projects}},
                         {.then = fault::Status{.status = 500}});
  CHECK(comes_true([&] {
    const auto ready = nlohmann::json::parse(get(*world.router, "/readyz").body);
    return ready["ready"] == true && ready.value("discovery_age_seconds", 0) >= 1;
  }));
  CHECK(metric(*world.router, "harbor_router_discovery_age_seconds") >= 1);
  CHECK(get(*world.router, app, {accepts_manifests()}).body == image.manifest.bytes);
  world.harbor.clear_faults();
  CHECK(comes_true([&] {
    return !nlohmann::json::parse(get(*world.router, "/readyz").body)
                .contains("discovery_age_seconds");
  }));
}

TEST_CASE("UPSTREAM_MAX_INFLIGHT: whoever waits past RESOLVER_TIMEOUT is told 503") {
  World world(Environment{{"UPSTREAM_MAX_INFLIGHT", "1"}, {"RESOLVER_TIMEOUT", "3s"}});
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  const stub::Blob blob = stub::pattern_blob({.seed = 41, .size = 64 << 20});
  world.harbor.add_blob({"ghcr", "team/app", ""}, blob);
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.forget_the_search();
  {
    Client holds(world.router->port());  // the one place, as long as its blob is on its way
    holds.send("GET", "/v2/proxy/team/app/blobs/" + blob.digest.str(), {});
    CHECK(world.harbor.wait_for(
        {.requests = 1, .filter = {.method = "GET", .endpoint = Endpoint::blobs}}, 20s));
    const Reply late = get(*world.router, app, {accepts_manifests()});
    CHECK(late.status == 503);
    CHECK_FALSE(late.header("Retry-After").empty());
    CHECK(world.asked(std::nullopt, "ghcr") == 0);
  }
  CHECK(comes_true([&] { return get(*world.router, app, {accepts_manifests()}).status == 200; }));
}

TEST_CASE("a blob that is slower than every timeout arrives whole, as long as it moves") {
  World world(Environment{{"BLOB_READ_TIMEOUT", "3s"},
                          {"RESOLVER_TIMEOUT", "3s"},
                          {"CLIENT_WRITE_TIMEOUT", "3s"},
                          {"BLOB_RESUME_MAX", "0"}});
  const stub::Blob blob = stub::pattern_blob({.seed = 42, .size = 300'000});
  world.harbor.add_blob({"quay", "team/app", ""}, blob);
  const std::string path = "/v2/proxy/team/app/blobs/" + blob.digest.str();
  const stub::FaultScope gets{.requests = {.method = "GET", .endpoint = Endpoint::blobs}};
  world.harbor.set_fault(gets, {.then = fault::SlowDrip{.chunk = 30'000, .interval = 400ms}});
  CHECK(digest_of(get(*world.router, path).body) == blob.digest.str());
  world.harbor.set_fault(gets, {.then = fault::SlowDrip{.chunk = 30'000, .interval = 60s}});
  CHECK_FALSE(get(*world.router, path).error.empty());  // it stands still: cut short
}

TEST_CASE("a second signal ends a drain that a client holds up") {
  World world(Environment{{"SHUTDOWN_GRACE", "600s"}});
  const stub::Blob blob = stub::pattern_blob({.seed = 43, .size = 64 << 20});
  world.harbor.add_blob({"quay", "team/app", ""}, blob);
  Client holds(world.router->port());
  holds.send("GET", "/v2/proxy/team/app/blobs/" + blob.digest.str(), {});
  CHECK(world.harbor.wait_for(
      {.requests = 1, .filter = {.method = "GET", .endpoint = Endpoint::blobs}}, 20s));
  world.router->terminate();
  CHECK(world.router->wait_for_log("draining"));
  world.router->terminate();
  CHECK(world.router->wait() == 0);
}

}  // namespace harbor_router::scenario
