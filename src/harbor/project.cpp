#include "harbor_router/harbor/project.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/base/json_text.hpp"
#include "harbor_router/oci/name.hpp"

namespace harbor_router::harbor {

namespace {

using base::Errc;
using base::failure;
using nlohmann::json;

// Docker Hub has four names for one registry.
std::string canonical_host(std::string_view host) {
  std::string lower = base::lower_cased(host);
  if (lower == "hub.docker.com" || lower == "index.docker.io" || lower == "registry-1.docker.io" ||
      lower == "registry.hub.docker.com")
    return "docker.io";
  return lower;
}

std::string text_of(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::int64_t number_of(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_number_integer() ? at->get<std::int64_t>() : 0;
}

struct Page {
  json entries;
};

base::Result<Page> parse_array(std::string_view body, const char* what) {
  json page = base::read_json<json>(body);
  if (page.is_discarded()) return failure(Errc::unexpected_answer, std::string(what) + ": no JSON");
  if (page.is_null()) return Page{json::array()};  // Go writes an empty slice so
  if (!page.is_array())
    return failure(Errc::unexpected_answer, std::string(what) + ": no JSON array");
  return Page{std::move(page)};
}

// 0 for a project that is no proxy cache (Project.IsProxy); nullopt: this is no registry's id.
std::optional<std::int64_t> registry_id_of(const json& project) {
  const auto at = project.find("registry_id");
  if (at == project.end() || at->is_null()) return 0;
  const std::int64_t id = number_of(project, "registry_id");
  return at->is_number_integer() && id >= 0 ? std::optional(id) : std::nullopt;
}

bool is_project_name(const std::string& name) {
  const auto repository = oci::Repository::parse(name);
  return repository && repository->has_single_component();
}

}  // namespace

std::string Project::upstream_repository(std::string_view repository) const {
  const bool library =
      registry && registry->type == "docker-hub" && repository.find('/') == std::string_view::npos;
  return library ? "library/" + std::string(repository) : std::string(repository);
}

bool Project::mirrors(std::string_view registry_host) const noexcept {
  return registry && !registry->host.empty() && registry->host == registry_host;
}

ProjectList::ProjectList(std::vector<Project> projects) {
  std::stable_sort(projects.begin(), projects.end(), [](const Project& a, const Project& b) {
    return a.name != b.name ? a.name < b.name : a.id > b.id;
  });
  for (Project& project : projects) {
    const bool named_before = !projects_.empty() && projects_.back()->name == project.name;
    if (named_before || by_id_.contains(project.id)) continue;
    knows_registries_ = knows_registries_ || project.registry.has_value();
    auto shared = std::make_shared<const Project>(std::move(project));
    by_id_[shared->id] = shared;
    projects_.push_back(std::move(shared));
  }
}

ProjectPointer ProjectList::by_id(std::int64_t id) const noexcept {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : at->second;
}

bool ProjectList::mirrors(std::string_view registry_host) const noexcept {
  return std::any_of(projects_.begin(), projects_.end(), [registry_host](const auto& project) {
    return project->mirrors(registry_host);
  });
}

std::string registry_host(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  for (const std::string_view port : {":443", ":80"})
    if (url.ends_with(port)) url.remove_suffix(port.size());
  return canonical_host(url);
}

base::Result<ProjectsPage> parse_projects_page(std::string_view body) {
  auto page = parse_array(body, "projects");
  if (!page) return page.error();
  ProjectsPage result;
  result.entries = page->entries.size();
  for (const json& entry : page->entries) {
    if (!entry.is_object()) return failure(Errc::unexpected_answer, "projects: no object");
    const auto registry_id = registry_id_of(entry);
    if (!registry_id)
      return failure(Errc::unexpected_answer, "projects: a registry_id that is no number");
    if (*registry_id == 0) continue;
    Project project{.name = text_of(entry, "name"),
                    .id = number_of(entry, "project_id"),
                    .registry_id = *registry_id};
    if (!is_project_name(project.name) || project.id <= 0)
      return failure(Errc::unexpected_answer, "projects: an entry without a valid name or id");
    if (const auto metadata = entry.find("metadata");
        metadata != entry.end() && metadata->is_object())
      project.is_public = text_of(*metadata, "public") == "true";
    result.projects.push_back(std::move(project));
  }
  return result;
}

base::Result<std::vector<Registry>> parse_registries_page(std::string_view body) {
  auto page = parse_array(body, "registries");
  if (!page) return page.error();
  std::vector<Registry> registries;
  for (const json& entry : page->entries) {
    if (!entry.is_object()) return failure(Errc::unexpected_answer, "registries: no object");
    Registry registry{.id = number_of(entry, "id"),
                      .type = text_of(entry, "type"),
                      .url = text_of(entry, "url"),
                      .status = text_of(entry, "status")};
    registry.host = registry.type == "docker-hub" ? "docker.io" : registry_host(registry.url);
    registries.push_back(std::move(registry));
  }
  return registries;
}

}  // namespace harbor_router::harbor
