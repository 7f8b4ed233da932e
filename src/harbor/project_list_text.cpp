#include "harbor_router/harbor/project_list_text.hpp"

#include "harbor_router/base/json_text.hpp"
#include "harbor_router/harbor/project_json.hpp"

namespace harbor_router::harbor {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kept_version = 1;
constexpr std::size_t longest_text = 16U << 20U;
constexpr std::int64_t latest = 9'999'999'999'999;  // the year 2286, in ms

}  // namespace

std::string to_text(const ProjectList& list, WallTime discovered) {
  Json projects = Json::array();
  for (const ProjectPointer& project : list.all()) projects.push_back(project_json(*project));
  const Json whole = {{"version", kept_version},
                      {"discovered", discovered.time_since_epoch().count()},
                      {"projects", std::move(projects)}};
  return base::json_text(whole);
}

base::Result<KeptProjects> parse_kept_projects(std::string_view text) {
  using base::Errc;
  using base::failure;
  if (text.size() > longest_text) return failure(Errc::too_large, "no list of projects is so long");
  const auto whole = base::read_json<nlohmann::json>(text);
  const auto version = whole.is_object() ? whole.find("version") : whole.end();
  const auto discovered = whole.is_object() ? whole.find("discovered") : whole.end();
  const auto projects = whole.is_object() ? whole.find("projects") : whole.end();
  if (version == whole.end() || discovered == whole.end() || projects == whole.end() ||
      !discovered->is_number_integer() || !projects->is_array())
    return failure(Errc::invalid, "a list of projects of another shape");
  if (!version->is_number_integer() || *version != kept_version)
    return failure(Errc::invalid, "a list of projects of another version");
  const auto milliseconds = discovered->get<std::int64_t>();
  if (milliseconds < 0 || milliseconds > latest)
    return failure(Errc::invalid, "a list of projects of no time");
  KeptProjects kept{.discovered = WallTime(std::chrono::milliseconds(milliseconds))};
  for (const auto& entry : *projects) {
    auto project = project_of_json(entry);
    if (!project)
      return failure(Errc::invalid,
                     "a list of projects with an entry that is none: " + project.error().detail);
    kept.projects.push_back(std::move(*project));
  }
  return kept;
}

}  // namespace harbor_router::harbor
