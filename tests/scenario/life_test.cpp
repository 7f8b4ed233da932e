// Start, discovery, crowds, drain.
#include <memory>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

TEST_CASE("a thousand at once for one cold image are one HEAD a project and one GET") {
  World world(Environment{{"RESOLVER_TIMEOUT", "10m"}});
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::manifests}}, {.delay = 2s});
  // The first search lasts until all of them have come.
  for (const char* name : {"hub", "ghcr", "quay"}) world.fails(name, {.then = fault::Hang{}});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(std::make_unique<Client>(world.router->port()));
    clients.back()->send("GET", app, {accepts_manifests()});
  }
  CHECK(comes_true([&] { return requests_in_flight(*world.router) == 1000; }));
  for (const char* name : {"hub", "ghcr", "quay"}) world.harbor.clear_faults(name);
  std::size_t right = 0;
  for (auto& client : clients)
    if (client->receive("GET").body == image.manifest.bytes) ++right;
  CHECK(right == 1000);
  for (const char* name : {"hub", "ghcr", "quay"}) CHECK(world.asked("HEAD", name) == 1);
  CHECK(world.asked("GET") == 1);
}

TEST_CASE("a client that leaves in the middle of a search takes nobody's answer along") {
  World world;
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::manifests}}, {.delay = 500ms});
  Client leaves(world.router->port()), stays(world.router->port());
  leaves.send("GET", app, {accepts_manifests()});
  CHECK(world.harbor.wait_for({.requests = 3, .filter = {.method = "HEAD"}}, 20s));
  stays.send("GET", app, {accepts_manifests()});
  leaves.close();
  CHECK(stays.receive("GET").body == image.manifest.bytes);
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
}

TEST_CASE("it listens at once and is ready when Harbor first answers") {
  StandIn harbor(three_projects());
  harbor.set_fault({}, {.then = fault::Status{.status = 503}});
  Router router(Environment{{"HARBOR_URL", harbor.url()}});
  CHECK(get(router, "/livez").status == 200);
  CHECK(get(router, "/readyz").status == 503);
  CHECK(get(router, "/healthz").status == 503);
  CHECK(get(router, app).status == 503);
  CHECK(router.wait_for_log("discovery failed"));
  harbor.clear_faults();
  router.wait_until_ready();
  CHECK(get(router, "/readyz").body == R"({"ready":true,"projects":3})");
  CHECK(get(router, "/healthz").body == R"({"status":"healthy","projects":3})");
}

TEST_CASE("a failing discovery keeps the last good list") {
  for (const fault::Status& status :
       {fault::Status{.status = 500},
        fault::Status{.status = 200, .content_type = "text/html", .body = "<html>"},
        fault::Status{.status = 200, .body = "{\"a\":1}"}}) {
    CAPTURE(status.status);
    World world(Environment{{"DISCOVERY_INTERVAL", "200ms"}});
    const Image image = small_image("app");
    world.has("ghcr", "team/app", "1", image);
    world.harbor.set_fault({.requests = {.endpoint = Endpoint::projects}}, {.then = status});
    CHECK(world.router->wait_for_log("discovery failed"));
    CHECK(get(*world.router, app, {accepts_manifests()}).body == image.manifest.bytes);
    CHECK(metric(*world.router, "harbor_router_discovery_failures_total") >= 1);
    CHECK(metric(*world.router, "harbor_router_discovered_projects") == 3);
  }
}

TEST_CASE("wrong credentials are said clearly, though Harbor answers 200 to them") {
  StandIn harbor(three_projects());
  Router router(Environment{{"HARBOR_URL", harbor.url()}, {"HARBOR_PASSWORD", "wrong"}});
  CHECK(router.wait_for_log("Harbor refuses the router's account"));
  CHECK(get(router, "/readyz").status == 503);
  CHECK(router.log().find("wrong") == std::string::npos);
}

TEST_CASE("a project made again under another id forgets its mappings") {
  World world(Environment{{"DISCOVERY_INTERVAL", "200ms"}});
  world.has("ghcr", "team/app", "1", small_image("old"));
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  const Image elsewhere = small_image("new");
  world.has("quay", "team/app", "1", elsewhere);
  world.harbor.add_project(project("ghcr", "github-ghcr", "https://ghcr.io"));
  // Two whole discoveries after the change: the second began after it.
  const auto seen = world.harbor.count({.endpoint = Endpoint::registries});
  CHECK(world.harbor.wait_for({.requests = seen + 2, .filter = {.endpoint = Endpoint::registries}},
                              20s));
  CHECK(get(*world.router, app, {accepts_manifests()}).body == elsewhere.manifest.bytes);
}

TEST_CASE("a hundred and fifty projects are all found, page by page") {
  stub::Options options = three_projects();
  for (int i = 0; i < 147; ++i)
    options.projects.push_back(project("extra-" + std::to_string(i), "docker-registry",
                                       "https://r" + std::to_string(i) + ".example.org"));
  World world(Environment{{"MAX_FANOUT_PROJECTS", "200"}}, std::move(options));
  CHECK(get(*world.router, "/readyz").body == R"({"ready":true,"projects":150})");
}

TEST_CASE("SIGTERM: readiness goes, a running stream finishes, exit 0") {
  World world;
  const stub::Blob blob = stub::pattern_blob({.seed = 7, .size = 3'000'000});
  world.harbor.add_blob({"quay", "team/app", ""}, blob);
  world.harbor.set_fault({.requests = {.method = "GET", .endpoint = Endpoint::blobs}},
                         {.then = fault::SlowDrip{.chunk = 100'000, .interval = 30ms}});
  Client streaming(world.router->port());
  streaming.send("GET", "/v2/proxy/team/app/blobs/" + blob.digest.str(), {});
  CHECK(world.harbor.wait_for(
      {.requests = 1, .filter = {.method = "GET", .project = "quay", .endpoint = Endpoint::blobs}},
      20s));
  world.router->terminate();
  CHECK(world.router->wait_for_log("draining"));
  Client metrics(world.router->metrics_port());
  CHECK(metrics.get("/readyz").status == 503);
  CHECK(digest_of(streaming.receive("GET").body) == blob.digest.str());
  CHECK(world.router->wait() == 0);
}

TEST_CASE("SIGTERM: what clients had sent before it is answered") {
  World world(Environment{{"THREADS", "1"}});
  std::vector<std::unique_ptr<Client>> clients;
  clients.push_back(std::make_unique<Client>(world.router->port()));
  CHECK(clients.front()->get("/livez").status == 200);
  ::kill(world.router->pid(), SIGSTOP);  // so that all of it comes at once
  while (clients.size() < 20) clients.push_back(std::make_unique<Client>(world.router->port()));
  for (auto& each : clients) each->send("GET", "/livez", {});
  world.router->terminate();
  ::kill(world.router->pid(), SIGCONT);
  for (auto& each : clients) CHECK(each->receive("GET").status == 200);
  CHECK(world.router->wait() == 0);
}

TEST_CASE("metrics and the access line tell what happened") {
  World world;
  world.has("quay", "team/app", "1", small_image("app"));
  CHECK(get(*world.router, app + "?ns=quay.io", {accepts_manifests(), {"X-Request-Id", "find-me"}})
            .status == 200);
  CHECK(world.router->wait_for_log("id=find-me"));
  CHECK(metric(*world.router,
               R"(harbor_router_requests_total{method="GET",status="200",type="manifest"})") == 1);
  CHECK(metric(*world.router,
               R"(harbor_router_upstream_requests_total{project="quay",status="200"})") == 2);
  CHECK(metric(*world.router, R"(harbor_router_cache_lookups_total{result="miss"})") == 1);
  CHECK(world.router->log().find("ns=quay.io") == std::string::npos);
}

TEST_CASE("the robot's token is fetched once a project, and again when Harbor refuses it") {
  World world;
  const Image image = small_image("app");
  world.has("quay", "team/app", "1", image);
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.harbor.invalidate_tokens();
  CHECK(get(*world.router, app, {accepts_manifests()}).body == image.manifest.bytes);
}

TEST_CASE("a second router on the same address does not start, nor share the first one's clients") {
  World world;
  const std::string address = "127.0.0.1:" + std::to_string(world.router->port());
  CHECK(log_of_vain_start({{"LISTEN_ADDR", address}})
            .find("cannot listen on " + address + ": Address already in use") != std::string::npos);
}

}  // namespace harbor_router::scenario
