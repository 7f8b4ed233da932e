// Failures survived: breaker, repeats, blobs gone on with, limits, drain with delay.
#include <thread>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

namespace {

stub::FaultScope blobs_of(const std::string& name, std::size_t count) {
  return {.requests = {.method = "GET", .project = name, .endpoint = Endpoint::blobs},
          .count = count};
}

std::string blob_path(const stub::Blob& blob) {
  return "/v2/proxy/team/app/blobs/" + blob.digest.str();
}

bool answers_within_a_minute(const Router& router, const std::string& path) {
  for (int look = 0; look < 600; ++look) {
    if (get(router, path, {accepts_manifests()}).status == 200) return true;
    std::this_thread::sleep_for(100ms);  // between looks at a condition
  }
  return false;
}

}  // namespace

TEST_CASE("a 5xx is asked again, a 4xx never") {
  World world(Environment{{"RETRY_BASE_DELAY", "1ms"}});
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.harbor.set_fault({.requests = {.project = "ghcr"}, .count = 2},
                         {.then = fault::Status{.status = 500}});
  world.harbor.clear_requests();
  CHECK(get(*world.router, app, {accepts_manifests()}).body == image.manifest.bytes);
  CHECK(world.asked("GET", "ghcr") == 3);
  world.harbor.clear_requests();
  world.fails("ghcr", {.then = fault::Status{.status = 429}});
  const Reply limited = get(*world.router, app, {accepts_manifests()});
  CHECK(limited.status == 429);
  CHECK_FALSE(limited.header("Retry-After").empty());
  CHECK(world.asked("GET", "ghcr") == 1);
}

TEST_CASE("a project that keeps failing is left alone, then probed once") {
  World world(Environment{{"RETRY_MAX_ATTEMPTS", "0"},
                          {"CIRCUIT_BREAKER_THRESHOLD", "3"},
                          {"CIRCUIT_BREAKER_TIMEOUT", "5s"}});
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.fails("ghcr", {.then = fault::Status{.status = 500}});
  for (int i = 0; i < 3; ++i) CHECK(get(*world.router, app, {accepts_manifests()}).status == 502);
  CHECK(world.router->wait_for_log("it failed too often"));
  CHECK(metric(*world.router, R"(harbor_router_breaker_open{project="ghcr"})") == 1);
  world.harbor.clear_requests();
  const Reply open = get(*world.router, app, {accepts_manifests()});
  CHECK(open.status == 503);
  CHECK_FALSE(open.header("Retry-After").empty());
  CHECK(world.asked(std::nullopt, "ghcr") == 0);
  world.harbor.clear_faults();
  // One probe is let through once the breaker's time is over, and its answer closes it.
  CHECK(answers_within_a_minute(*world.router, app));
  CHECK(world.asked(std::nullopt, "ghcr") == 1);
  CHECK(metric(*world.router, R"(harbor_router_breaker_open{project="ghcr"})") == 0);
}

TEST_CASE("a blob cut by Harbor is gone on with, and the client sees nothing of it") {
  World world;
  SUBCASE("where Harbor honours Range") {
    const Image image = stub::make_image({.seed = "app", .layer_sizes = {3'000'000}});
    world.has("quay", "team/app", "1", image);
    world.harbor.cache({"quay", "team/app", "1"});
    world.harbor.set_fault(blobs_of("quay", 2), {.then = fault::Cut{.after_bytes = 700'000}});
    for (const auto& blob : image.blobs) {
      const Reply reply = get(*world.router, blob_path(blob));
      CHECK(reply.error.empty());
      CHECK(digest_of(reply.body) == blob.digest.str());
    }
  }
  SUBCASE("where Harbor ignores Range") {
    const stub::Blob blob = stub::pattern_blob({.seed = 11, .size = 3'000'000});
    world.harbor.add_blob({"quay", "team/app", ""}, blob);
    world.harbor.set_fault(blobs_of("quay", 3), {.then = fault::Cut{.after_bytes = 900'000}});
    const Reply reply = get(*world.router, blob_path(blob));
    CHECK(reply.error.empty());
    CHECK(reply.body.size() == 3'000'000);
    CHECK(digest_of(reply.body) == blob.digest.str());
    CHECK(metric(*world.router, "harbor_router_blob_resumes_total") == 3);
  }
}

TEST_CASE("a blob is gone on with though the rest is not to be had at the first try") {
  World world(Environment{{"RETRY_MAX_ATTEMPTS", "0"},
                          {"RETRY_BASE_DELAY", "10ms"},
                          {"CIRCUIT_BREAKER_THRESHOLD", "1000"}});
  const stub::Blob blob = stub::pattern_blob({.seed = 13, .size = 3'000'000});
  world.harbor.add_blob({"quay", "team/app", ""}, blob);
  for (const fault::Status& then :
       {fault::Status{.status = 503}, fault::Status{.status = 429, .retry_after = "1"}}) {
    CAPTURE(then.status);
    world.harbor.set_fault(blobs_of("quay", 2), {.then = then});  // the rule set last is the first
    world.harbor.set_fault(blobs_of("quay", 1), {.then = fault::Cut{.after_bytes = 700'000}});
    const Reply reply = get(*world.router, blob_path(blob));
    CHECK(reply.error.empty());
    CHECK(digest_of(reply.body) == blob.digest.str());
  }
}

TEST_CASE("blobs that Harbor cuts again and again open its project's breaker") {
  World world(Environment{{"BLOB_RESUME_MAX", "0"}, {"CIRCUIT_BREAKER_THRESHOLD", "3"}});
  const stub::Blob blob = stub::pattern_blob({.seed = 12, .size = 2'000'000});
  world.harbor.add_blob({"quay", "team/app", ""}, blob);
  world.harbor.set_fault(blobs_of("quay", 100), {.then = fault::Cut{.after_bytes = 500'000}});
  for (int i = 0; i < 3; ++i) CHECK_FALSE(get(*world.router, blob_path(blob)).error.empty());
  CHECK(comes_true(
      [&] { return metric(*world.router, R"(harbor_router_breaker_open{project="quay"})") == 1; }));
}

TEST_CASE("a blob cut too often ends short, never as if whole") {
  World world(Environment{{"BLOB_RESUME_MAX", "2"}});
  const stub::Blob blob = stub::pattern_blob({.seed = 12, .size = 2'000'000});
  world.harbor.add_blob({"quay", "team/app", ""}, blob);
  world.harbor.set_fault(blobs_of("quay", 100), {.then = fault::Cut{.after_bytes = 500'000}});
  const Reply reply = get(*world.router, blob_path(blob));
  CHECK_FALSE(reply.error.empty());
  CHECK(reply.body.size() < 2'000'000);
}

TEST_CASE("a project is asked so many questions at once, the others wait their turn") {
  World world(Environment{{"UPSTREAM_MAX_INFLIGHT", "1"}, {"RESOLVER_TIMEOUT", "60s"}});
  const Image one = small_image("one"), two = small_image("two");
  world.has("ghcr", "team/app", "1", one);
  world.has("ghcr", "team/app", "2", two);
  const std::string second = "/v2/proxy/team/app/manifests/2";
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  CHECK(get(*world.router, second, {accepts_manifests()}).status == 200);
  world.harbor.set_fault({.requests = {.project = "ghcr"}}, {.then = fault::Hang{}});
  world.harbor.clear_requests();
  Client a(world.router->port()), b(world.router->port());
  a.send("GET", app, {accepts_manifests()});
  b.send("GET", second, {accepts_manifests()});
  CHECK(world.harbor.wait_for({.requests = 1, .filter = {.project = "ghcr"}}, 20s));
  CHECK(comes_true([&] { return requests_in_flight(*world.router) == 2; }));
  CHECK(world.harbor.requests_in_progress() == 1);
  world.harbor.clear_faults();
  CHECK(a.receive("GET").body == one.manifest.bytes);
  CHECK(b.receive("GET").body == two.manifest.bytes);
}

TEST_CASE(
    "an address over its rate is told so, health is exempt, and a trusted proxy is believed") {
  World world(Environment{{"RATE_LIMIT_PER_IP", "5"}, {"TRUSTED_PROXIES", "127.0.0.0/8"}});
  std::size_t refused = 0;
  Reply last;
  for (int i = 0; i < 40; ++i) {
    const Reply reply = get(*world.router, "/v2/");
    if (reply.status == 429) {
      ++refused;
      last = reply;
    }
  }
  CHECK(refused >= 20);
  CHECK_FALSE(last.header("Retry-After").empty());
  CHECK(nlohmann::json::parse(last.body)["errors"][0]["code"] == "TOOMANYREQUESTS");
  CHECK(get(*world.router, "/readyz").status == 200);
  CHECK(get(*world.router, "/v2/", {{"X-Forwarded-For", "203.0.113.9"}}).status == 200);
  CHECK(get(*world.router, "/v2/", {{"X-Forwarded-For", "203.0.113.9, 198.51.100.4"}}).status ==
        200);
}

TEST_CASE("SHUTDOWN_DELAY serves on with readiness down; a second signal ends at once") {
  World world(Environment{{"SHUTDOWN_DELAY", "60s"}});
  world.has("quay", "team/app", "1", small_image("app"));
  world.router->terminate();
  CHECK(world.router->wait_for_log("leaving"));
  CHECK(get(*world.router, "/readyz").status == 503);
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.router->terminate();
  CHECK(world.router->wait() == 0);
}

TEST_CASE("while discovery fails its list's age shows") {
  World world(Environment{{"DISCOVERY_INTERVAL", "200ms"}});
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::projects}},
                         {.then = fault::Status{.status = 500}});
  CHECK(world.router->wait_for_log("discovery failed"));
  const auto body = nlohmann::json::parse(get(*world.router, "/readyz").body);
  CHECK(body["ready"] == true);
  CHECK(body.contains("discovery_age_seconds"));
}

}  // namespace harbor_router::scenario
