// The projects as discover prints them, and the way back.
#include "server/explanation_json.hpp"

namespace harbor_router::server {

namespace {

Json registry_json(const harbor::Project& project) {
  if (!project.registry) return {{"id", project.registry_id}};
  const harbor::Registry& registry = *project.registry;
  return {{"id", registry.id},
          {"type", registry.type},
          {"url", registry.url},
          {"host", registry.host},
          {"status", registry.status}};
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

base::Failure malformed(const std::string& what) {
  return base::failure(base::Errc::invalid,
                       what + "; write what \"harbor-router discover -o json\" prints");
}

}  // namespace

Json projects_json(const harbor::ProjectList& projects, const std::vector<std::string>& warnings,
                   const DiscoveredFacts& facts) {
  Json json = {{"harbor", facts.harbor},
               {"version", facts.version.empty() ? Json(nullptr) : Json(facts.version)},
               {"projects", Json::array()},
               {"warnings", warnings}};
  std::size_t number = 0;
  for (const harbor::ProjectPointer& project : projects.all()) {
    Json row = {{"name", project->name},
                {"id", project->id},
                {"public", project->is_public},
                {"registry", registry_json(*project)},
                {"rank", nullptr}};  // all are equal until routing rules rank them
    if (number++ >= facts.max_fanout)
      row["excluded"] = "past MAX_FANOUT_PROJECTS (" + std::to_string(facts.max_fanout) + ")";
    json["projects"].push_back(std::move(row));
  }
  return json;
}

base::Result<std::vector<harbor::Project>> projects_of_json(const Json& written) {
  if (!written.is_object() || !written.contains("projects") || !written["projects"].is_array())
    return malformed("there is no list \"projects\"");
  std::vector<harbor::Project> projects;
  for (const Json& row : written["projects"]) {
    if (!row.is_object() || text_at(row, "name").empty() || number_at(row, "id") == 0)
      return malformed("project " + std::to_string(projects.size() + 1) + " has no name or id");
    harbor::Project project{.name = text_at(row, "name"), .id = number_at(row, "id")};
    const auto is_public = row.find("public");
    project.is_public = is_public != row.end() && is_public->is_boolean() && is_public->get<bool>();
    if (const auto registry = row.find("registry"); registry != row.end() && registry->is_object()) {
      project.registry_id = number_at(*registry, "id");
      if (!text_at(*registry, "host").empty())
        project.registry = harbor::Registry{.id = project.registry_id,
                                            .type = text_at(*registry, "type"),
                                            .url = text_at(*registry, "url"),
                                            .host = text_at(*registry, "host"),
                                            .status = text_at(*registry, "status")};
    }
    projects.push_back(std::move(project));
  }
  return projects;
}

}  // namespace harbor_router::server
