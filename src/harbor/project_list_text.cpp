#include "harbor_router/harbor/project_list_text.hpp"

#include <nlohmann/json.hpp>

#include "harbor_router/oci/name.hpp"
#include "harbor_router/oci/request_path.hpp"

namespace harbor_router::harbor {

namespace {

using Json = nlohmann::json;

constexpr int kept_version = 1;
constexpr std::size_t longest_text = 16U << 20U;
constexpr std::size_t longest_word = 2048;  // of a registry's type, URL and status

// Throws Json::exception where the shape is wrong.
Project kept_project(const Json& entry) {
  Project project{.name = entry.at("name").get<std::string>(),
                  .id = entry.at("id").get<std::int64_t>(),
                  .is_public = entry.at("public").get<bool>(),
                  .registry_id = entry.at("registry_id").get<std::int64_t>()};
  if (const auto at = entry.find("registry"); at != entry.end()) {
    project.registry = Registry{.id = at->at("id").get<std::int64_t>(),
                                .type = at->at("type").get<std::string>(),
                                .url = at->at("url").get<std::string>(),
                                .host = at->at("host").get<std::string>(),
                                .status = at->at("status").get<std::string>()};
  }
  return project;
}

bool is_sound(const Project& project) {
  const auto name = oci::Repository::parse(project.name);
  if (!name || !name->has_single_component() || project.id <= 0 || project.registry_id <= 0)
    return false;
  if (!project.registry) return true;
  const Registry& registry = *project.registry;
  return oci::is_plausible_host(registry.host) && registry.type.size() <= longest_word &&
         registry.url.size() <= longest_word && registry.status.size() <= longest_word;
}

}  // namespace

std::string to_text(const ProjectList& list, WallTime discovered) {
  Json projects = Json::array();
  for (const ProjectPointer& project : list.all()) {
    Json entry = {{"name", project->name},
                  {"id", project->id},
                  {"public", project->is_public},
                  {"registry_id", project->registry_id}};
    if (const auto& registry = project->registry)
      entry["registry"] = {{"id", registry->id},
                           {"type", registry->type},
                           {"url", registry->url},
                           {"host", registry->host},
                           {"status", registry->status}};
    projects.push_back(std::move(entry));
  }
  const Json whole = {{"version", kept_version},
                      {"discovered", discovered.time_since_epoch().count()},
                      {"projects", std::move(projects)}};
  return whole.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<KeptProjects> parse_kept_projects(std::string_view text) {
  using base::Errc;
  using base::failure;
  if (text.size() > longest_text) return failure(Errc::too_large, "no list of projects is so long");
  const Json whole = Json::parse(text, nullptr, false);
  if (!whole.is_object()) return failure(Errc::invalid, "a list of projects that is no JSON object");
  try {
    if (whole.at("version").get<std::int64_t>() != kept_version)
      return failure(Errc::invalid, "a list of projects of another version");
    KeptProjects kept;
    const auto discovered = whole.at("discovered").get<std::int64_t>();
    constexpr std::int64_t latest = 9'999'999'999'999;  // the year 2286
    if (discovered < 0 || discovered > latest)
      return failure(Errc::invalid, "a list of projects of no time");
    kept.discovered = WallTime(std::chrono::milliseconds(discovered));
    for (const Json& entry : whole.at("projects")) {
      kept.projects.push_back(kept_project(entry));
      if (!is_sound(kept.projects.back()))
        return failure(Errc::invalid, "a list of projects with an entry that is none");
    }
    return kept;
  } catch (const Json::exception&) {  // how the library tells a wrong type
    return failure(Errc::invalid, "a list of projects of another shape");
  }
}

}  // namespace harbor_router::harbor
