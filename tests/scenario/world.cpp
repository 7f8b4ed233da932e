#include "scenario/world.hpp"

#include <doctest/doctest.h>

namespace harbor_router::scenario {

stub::Project project(std::string name, std::string type, std::string url) {
  stub::Project made;
  made.name = std::move(name);
  made.registry = stub::Registry{.name = made.name, .type = std::move(type), .url = std::move(url)};
  return made;
}

stub::Options three_projects() {
  stub::Options options;
  options.accounts.push_back(
      {.name = "robot$router",
       .password = "Robot-1",
       .kind = stub::AccountKind::robot,
       .projects = {"*"},
       .system_permissions = {"project:list", "registry:list", "registry:read"}});
  options.projects.push_back(project("hub", "docker-hub", "https://hub.docker.com"));
  options.projects.push_back(project("ghcr", "github-ghcr", "https://ghcr.io"));
  options.projects.push_back(project("quay", "quay", "https://quay.io"));
  return options;
}

Image small_image(std::string seed) {
  return stub::make_image({.seed = std::move(seed)});
}

World::World(Environment given, const stub::Options& options)
    : harbor(options), environment(std::move(given)), projects_(options.projects.size()) {
  environment.try_emplace("HARBOR_URL", harbor.url());
  restart_router();
}

void World::restart_router() {
  router.reset();
  router = std::make_unique<Router>(environment);
  router->wait_until_ready();
  harbor.clear_requests();
}

void World::forget_the_search() {
  using std::chrono_literals::operator""s;
  CHECK(harbor.wait_for({.requests = projects_, .filter = {.method = "HEAD"}}, 60s));
  CHECK(harbor.wait_until_in_progress(0, 60s));
  harbor.clear_requests();
}

Field accepts_manifests() {
  return {"Accept", oci::usual_accept()};
}

std::string digest_of(const std::string& bytes) {
  return oci::Digest::of(bytes).str();
}

}  // namespace harbor_router::scenario
