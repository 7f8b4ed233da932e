// Harbor's proxy-cache projects, as its API describes them (facts: api/v2.0 /projects,
// /registries). Plain values and pure parsing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/base/result.hpp"

namespace harbor_router::harbor {

struct Registry {
  std::int64_t id = 0;
  std::string type;    // "docker-hub", "github-ghcr", "quay", ...
  std::string url;     // of the upstream, as configured in Harbor
  std::string host;    // of url; "docker.io" for Docker Hub, which Harbor calls hub.docker.com
  std::string status;  // "healthy", "unhealthy" or empty
};

struct Project {
  std::string name;
  std::int64_t id = 0;
  bool is_public = false;
  std::int64_t registry_id = 0;
  std::optional<Registry> registry;  // nullopt when the account may not read registries

  // Docker Hub keeps single-component names under library/, and Harbor does not add it.
  [[nodiscard]] std::string upstream_repository(std::string_view repository) const;
  // Whether images of the registry a client names ("docker.io", "ghcr.io") come from here.
  [[nodiscard]] bool mirrors(std::string_view registry_host) const noexcept;
};
using ProjectPointer = std::shared_ptr<const Project>;

// One discovery's result; immutable, shared by all threads. Each id and each name is there once: of
// two projects of one name the one made last, whose id is greater.
class ProjectList {
 public:
  ProjectList() = default;
  explicit ProjectList(std::vector<Project> projects);  // kept in order of name
  [[nodiscard]] const std::vector<ProjectPointer>& all() const noexcept { return projects_; }
  [[nodiscard]] ProjectPointer by_id(std::int64_t id) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return projects_.size(); }
  [[nodiscard]] bool knows_registries() const noexcept { return knows_registries_; }
  // Whether any project mirrors this registry.
  [[nodiscard]] bool mirrors(std::string_view registry_host) const noexcept;

 private:
  std::vector<ProjectPointer> projects_;
  std::map<std::int64_t, ProjectPointer> by_id_;
  bool knows_registries_ = false;
};

// One page of GET /projects: the proxy-cache projects on it, and how many entries it had in all.
struct ProjectsPage {
  std::vector<Project> projects;
  std::size_t entries = 0;
};
[[nodiscard]] base::Result<ProjectsPage> parse_projects_page(std::string_view body);
[[nodiscard]] base::Result<std::vector<Registry>> parse_registries_page(std::string_view body);
// The host of a registry's URL, as clients name that registry.
[[nodiscard]] std::string registry_host(std::string_view url);

}  // namespace harbor_router::harbor
