// Discovery where what Harbor tells of its projects is at odds with itself, or changes.
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "scenario/world.hpp"
#include "unit/secret_file.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

namespace {

struct Page {
  std::string total;
  std::string body;
};

std::string entry(int id, const std::string& name) {
  return R"({"project_id":)" + std::to_string(id) + R"(,"name":")" + name + R"(","registry_id":1})";
}

// The next answers about projects, the first of them first; then the ordinary one.
void pages_follow(StandIn& harbor, const std::vector<Page>& pages) {
  for (auto page = pages.rbegin(); page != pages.rend(); ++page)  // the youngest rule wins
    harbor.set_fault({.requests = {.endpoint = Endpoint::projects}, .count = 1},
                     {.then = fault::RawBytes{
                          .bytes = "HTTP/1.1 200 OK\r\nContent-Type: "
                                   "application/json\r\nConnection: close\r\nX-Total-Count: " +
                                   page->total + "\r\nContent-Length: " +
                                   std::to_string(page->body.size()) + "\r\n\r\n" + page->body}});
}

// What is read where one project was removed between two pages.
std::vector<Page> shifted_pages() {
  return {{"3", "[" + entry(1, "hub") + "]"}, {"2", "[" + entry(3, "quay") + "]"}};
}

std::string ready(const Router& router) {
  return get(router, "/readyz").body;
}

}  // namespace

TEST_CASE("projects whose pages shift while they are read are read once more") {
  const std::vector<Page> overlapping = {{"2", "[" + entry(1, "hub") + "]"},
                                         {"2", "[" + entry(1, "hub") + "]"}};
  for (const std::vector<Page>& pages : {shifted_pages(), overlapping}) {
    StandIn harbor(three_projects());
    pages_follow(harbor, pages);
    Router router(Environment{{"HARBOR_URL", harbor.url()}});
    router.wait_until_ready();
    CHECK(ready(router) == R"({"ready":true,"projects":3})");
    CHECK(metric(router, "harbor_router_discovery_failures_total") == 0);
  }
}

TEST_CASE(
    "pages that contradict each other again fail the discovery, and no list is made of them") {
  StandIn harbor(three_projects());
  std::vector<Page> pages = shifted_pages();
  for (const Page& page : shifted_pages()) pages.push_back(page);
  pages_follow(harbor, pages);
  Router router(Environment{{"HARBOR_URL", harbor.url()}});
  CHECK(router.wait_for_log("do not agree"));
  router.wait_until_ready();
  CHECK(ready(router) == R"({"ready":true,"projects":3})");
  CHECK(metric(router, "harbor_router_discovery_failures_total") == 1);
}

TEST_CASE("a project that Harbor tells twice, always, is asked once") {
  StandIn harbor(three_projects());
  const std::string twice = "[" + entry(1, "hub") + "," + entry(1, "hub") + "]";
  pages_follow(harbor, {{"2", twice}, {"2", twice}});
  Router router(Environment{{"HARBOR_URL", harbor.url()}});
  router.wait_until_ready();
  CHECK(ready(router) == R"({"ready":true,"projects":1})");
  CHECK(get(router, app, {accepts_manifests()}).status == 404);
  CHECK(harbor.count({.method = "HEAD", .endpoint = Endpoint::manifests}) == 1);
}

TEST_CASE("an image that was absent is there with the project that has it") {
  World world(Environment{{"DISCOVERY_INTERVAL", "200ms"}, {"NEGATIVE_CACHE_TTL", "1h"}});
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 404);
  CHECK(get(*world.router, app, {accepts_manifests()}).header("X-Harbor-Router-Cache") ==
        "negative");
  world.harbor.add_project(project("own", "docker-registry", "https://r.example.org"));
  world.has("own", "team/app", "1", small_image("app"));
  CHECK(comes_true([&] { return get(*world.router, app, {accepts_manifests()}).status == 200; }));
}

TEST_CASE("an absence claims no more than the projects that were asked") {
  World world(Environment{{"MAX_FANOUT_PROJECTS", "2"}});
  CHECK(world.router->wait_for_log("more projects than MAX_FANOUT_PROJECTS"));
  const std::string two_of_three = "none of the 2 projects asked (of 3; MAX_FANOUT_PROJECTS)";
  for (const char* path : {"/v2/proxy/team/app/manifests/1", "/v2/proxy/team/app/tags/list"}) {
    const Reply reply = get(*world.router, path, {accepts_manifests()});
    CHECK(reply.status == 404);
    CHECK(reply.body.find(two_of_three) != std::string::npos);
  }
  CHECK(get(*world.router, app + "?ns=quay.io", {accepts_manifests()}).body.find(two_of_three) ==
        std::string::npos);  // all that could have it were asked
}

TEST_CASE("the file of a password that is lost is told once, and its last word stays") {
  tests::SecretFile file;
  file.write("Robot-1");
  World world(Environment{{"HARBOR_PASSWORD_FILE", file.path()}, {"DISCOVERY_INTERVAL", "50ms"}});
  file.remove();
  CHECK(world.router->wait_for_log("file is gone or empty"));
  const auto seen = world.harbor.count({.endpoint = Endpoint::registries});
  CHECK(world.harbor.wait_for({.requests = seen + 3, .filter = {.endpoint = Endpoint::registries}},
                              20s));
  CHECK(world.router->times_in_log("file is gone or empty") == 1);
  CHECK(world.router->times_in_log("discovery failed") == 0);
}

}  // namespace harbor_router::scenario
