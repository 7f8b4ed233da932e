// resolve and serve agree: the same images, under the same faults, from the same project.
#include <list>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/command.hpp"
#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;
using nlohmann::json;

namespace {

// What serve's status says, in resolve's words.
std::string verdict_of(unsigned status, const json& resolution) {
  switch (status) {
    case 200:
      return "chosen";
    case 404:  // also for a registry nobody mirrors
      return resolution["verdict"] == "no_candidate" ? "no_candidate" : "not_found";
    case 412:
      return "blocked";
    case 429:
      return "limited";
    case 504:
      return "timed_out";
    case 502:
      return "failed";
    case 503:
      return "unavailable";
    default:
      return std::to_string(status);
  }
}

const std::vector<std::pair<std::string, std::string>> registries = {
    {"hub", "docker.io"},         {"ghcr", "ghcr.io"},          {"quay", "quay.io"},
    {"down", "down.example.org"}, {"busy", "busy.example.org"}, {"mute", "mute.example.org"},
    {"page", "page.example.org"}, {"liar", "liar.example.org"}};

}  // namespace

TEST_CASE("resolve and serve agree on 40 images under the same faults") {
  stub::Options options = three_projects();
  for (std::size_t i = 3; i < registries.size(); ++i)
    options.projects.push_back(
        project(registries[i].first, "docker-registry", "https://" + registries[i].second));
  World world(Environment{{"RETRY_MAX_ATTEMPTS", "0"},
                          {"RESOLVER_TIMEOUT", "6s"},
                          {"CIRCUIT_BREAKER_THRESHOLD", "10000"}},
              std::move(options));
  std::vector<std::string> images;
  const Image image = small_image("app");
  for (const auto& [name, host] : registries) {
    world.has(name, "team/app", "1", image);
    world.has(name, "team/multi", "1",
              stub::make_image({.seed = "multi", .platforms = {"linux/amd64", "linux/arm64"}}));
    world.has(name, "team/barred", "1", small_image("barred"));
    world.harbor.cache({name, "team/barred", "1"});
    world.harbor.violate_policy({name, "team/barred", "1"});
    for (const char* reference : {"team/app:1", "team/multi:1", "team/barred:1", "team/none:1"})
      images.push_back(host + "/" + reference);
    images.push_back(host + "/team/app@" + image.manifest.digest.str());
  }
  REQUIRE(images.size() == 40);
  world.fails("down", {.then = fault::Status{.status = 503}});
  world.fails("busy", {.then = fault::Status{.status = 429, .retry_after = "7"}});
  world.fails("mute", {.then = fault::Hang{}});
  world.fails("page", {.then = fault::PortalPage{}});
  world.fails("liar", {.then = fault::WrongBytes{}});

  Command command{.arguments = {"resolve", "-o", "json", "--get"},
                  .environment = {{"HARBOR_URL", world.harbor.url()},
                                  {"HARBOR_USERNAME", "robot$router"},
                                  {"HARBOR_PASSWORD", "Robot-1"},
                                  {"RETRY_MAX_ATTEMPTS", "0"},
                                  {"RESOLVER_TIMEOUT", "6s"},
                                  {"CIRCUIT_BREAKER_THRESHOLD", "10000"}}};
  command.arguments.insert(command.arguments.end(), images.begin(), images.end());
  const Said said = run(command);
  CHECK_MESSAGE(said.exit_code == 5, said.err);
  const json resolutions = json::parse(said.out);
  REQUIRE(resolutions.size() == images.size());
  std::list<Client> clients;  // at once, so that those wait together who hear nothing
  for (const std::string& each : images) {
    const std::size_t at = each.find('@');
    const std::size_t colon = at != std::string::npos ? at : each.rfind(':');
    clients.emplace_back(world.router->port())
        .send("GET", "/v2/proxy/" + each.substr(0, colon) + "/manifests/" + each.substr(colon + 1),
              {accepts_manifests()});
  }
  std::map<std::string, int> verdicts;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const json& told = resolutions[i];
    const Reply served = clients.front().receive("GET");
    clients.pop_front();
    CAPTURE(images[i]);
    CHECK(told["verdict"] == verdict_of(served.status, told));
    ++verdicts[told["verdict"].get<std::string>()];
    if (served.status != 200) continue;
    CHECK(told["project"] == served.header("X-Harbor-Router-Project"));
    CHECK(told["digest"] == served.header("Docker-Content-Digest"));
  }
  CHECK(verdicts.size() >= 6);  // else the faults did not reach
}

}  // namespace harbor_router::scenario
