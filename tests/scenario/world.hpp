// A Harbor with three proxy projects and a router in front of it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "harbor_router/oci/media_type.hpp"
#include "harbor_router/stub/stand_in.hpp"
#include "scenario/router.hpp"

namespace harbor_router::scenario {

using stub::Endpoint;
using stub::Image;

// Projects: hub (docker-hub), ghcr (github-ghcr), quay (quay), all empty.
[[nodiscard]] stub::Options three_projects();
[[nodiscard]] stub::Project project(std::string name, std::string type, std::string url);
[[nodiscard]] Image small_image(std::string seed);

// The image most stories pull.
inline const std::string app = "/v2/proxy/team/app/manifests/1";

class World {
 public:
  explicit World(Environment environment = {}, const stub::Options& options = three_projects());

  void has(std::string project, std::string repository, std::string tag, const Image& image) {
    harbor.add_image({std::move(project), std::move(repository), std::move(tag)}, image);
  }
  // Manifest or other requests Harbor saw.
  [[nodiscard]] std::size_t asked(std::optional<std::string> method,
                                  std::optional<std::string> of_project = std::nullopt,
                                  Endpoint endpoint = Endpoint::manifests) const {
    return harbor.count(
        {.method = std::move(method), .project = std::move(of_project), .endpoint = endpoint});
  }
  void fails(std::string of_project, stub::Fault fault) {
    harbor.set_fault({.requests = {.project = std::move(of_project)}}, std::move(fault));
  }
  void restart_router();
  // After a first pull: the winner's word is enough for its answer, so this waits until the other
  // projects have been asked and have answered too, and counts anew from there.
  void forget_the_search();

  StandIn harbor;
  Environment environment;
  std::unique_ptr<Router> router;

 private:
  std::size_t projects_;
};

[[nodiscard]] Field accepts_manifests();
[[nodiscard]] std::string digest_of(const std::string& bytes);

// Until look() is true; false when it never is within a minute.
template <class Look>
[[nodiscard]] bool comes_true(Look look) {
  for (int times = 0; times < 1200; ++times) {
    if (look()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // between looks at a condition
  }
  return false;
}

}  // namespace harbor_router::scenario
