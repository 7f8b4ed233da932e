// The projects as discover prints them, and the way back.
#include "harbor_router/harbor/project_json.hpp"
#include "server/explanation_json.hpp"

namespace harbor_router::server {

using base::Errc;
using base::failure;

Json projects_json(const harbor::ProjectList& projects, const std::vector<std::string>& warnings,
                   const DiscoveredFacts& facts) {
  Json json = {{"harbor", facts.harbor},
               {"version", facts.version.empty() ? Json(nullptr) : Json(facts.version)},
               {"projects", Json::array()},
               {"warnings", warnings}};
  std::size_t number = 0;
  for (const harbor::ProjectPointer& project : projects.all()) {
    Json row = harbor::project_json(*project);
    for (const char* unknown : {"type", "url", "host", "status"})
      if (!row["registry"].contains(unknown)) row["registry"][unknown] = nullptr;
    row["rank"] = nullptr;  // all are equal until routing rules rank them
    row["excluded"] = nullptr;
    if (number++ >= facts.max_fanout)
      row["excluded"] = "past MAX_FANOUT_PROJECTS (" + std::to_string(facts.max_fanout) + ")";
    json["projects"].push_back(std::move(row));
  }
  return json;
}

base::Result<std::vector<harbor::Project>> projects_of_json(const Json& written) {
  constexpr const char* right = "; write what \"harbor-router discover -o json\" prints";
  if (!written.is_object() || !written.contains("projects") || !written["projects"].is_array())
    return failure(Errc::invalid, std::string("there is no list \"projects\"") + right);
  std::vector<harbor::Project> projects;
  for (const Json& row : written["projects"]) {
    auto project = harbor::project_of_json(row);
    if (!project)
      return failure(Errc::invalid, "project " + std::to_string(projects.size() + 1) + ": " +
                                        project.error().detail + right);
    projects.push_back(std::move(*project));
  }
  return projects;
}

}  // namespace harbor_router::server
