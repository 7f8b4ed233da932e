// Projects as discovery would find them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harbor_router/harbor/project.hpp"

namespace harbor_router::testing {

inline harbor::Project project(const std::string& name, std::int64_t id, const std::string& type,
                               const std::string& host) {
  return {.name = name,
          .id = id,
          .registry_id = id,
          .registry = harbor::Registry{
              .id = id, .type = type, .url = "https://" + host, .host = host, .status = "healthy"}};
}

inline harbor::ProjectList three_projects() {
  return harbor::ProjectList({project("ghcr", 1, "github-ghcr", "ghcr.io"),
                              project("hub", 2, "docker-hub", "docker.io"),
                              project("quay", 3, "quay", "quay.io")});
}

// After a fourth project has come.
inline std::shared_ptr<const harbor::ProjectList> three_projects_and_own() {
  std::vector<harbor::Project> projects = {project("own", 9, "docker-registry", "r.example")};
  const harbor::ProjectList before = three_projects();
  for (const auto& each : before.all()) projects.push_back(*each);
  return std::make_shared<const harbor::ProjectList>(std::move(projects));
}

}  // namespace harbor_router::testing
