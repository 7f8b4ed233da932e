#include "harbor_router/harbor/project_json.hpp"

#include "harbor_router/oci/name.hpp"
#include "harbor_router/oci/request_path.hpp"

namespace harbor_router::harbor {

namespace {

using base::Errc;
using base::failure;

constexpr std::size_t longest_word = 2048;  // of a registry's type, URL and status

// Zero, which is no id, for what is no whole number: get() would cut it to one.
template <class Json>
std::int64_t id_of(const Json& written) {
  const Json& id = written.at("id");
  return id.is_number_integer() ? id.template get<std::int64_t>() : 0;
}

// Throws Json::exception where the shape is wrong.
template <class Json>
Project project_of(const Json& written) {
  const Json& registry = written.at("registry");
  Project project{.name = written.at("name").template get<std::string>(),
                  .id = id_of(written),
                  .is_public = written.at("public").template get<bool>(),
                  .registry_id = id_of(registry)};
  if (registry.contains("host") && !registry.at("host").is_null())
    project.registry = Registry{.id = project.registry_id,
                                .type = registry.at("type").template get<std::string>(),
                                .url = registry.at("url").template get<std::string>(),
                                .host = registry.at("host").template get<std::string>(),
                                .status = registry.at("status").template get<std::string>()};
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

nlohmann::ordered_json project_json(const Project& project) {
  nlohmann::ordered_json text = {{"name", project.name},
                                 {"id", project.id},
                                 {"public", project.is_public},
                                 {"registry", {{"id", project.registry_id}}}};
  if (const auto& registry = project.registry)
    text["registry"].update({{"type", registry->type},
                             {"url", registry->url},
                             {"host", registry->host},
                             {"status", registry->status}});
  return text;
}

template <class Json>
base::Result<Project> project_of_json(const Json& written) {
  try {
    Project project = project_of(written);
    if (is_sound(project)) return project;
    return failure(Errc::invalid, "a name, id or host breaks its grammar");
  } catch (const typename Json::exception& error) {  // how the library tells a wrong type
    const std::string words = error.what();          // behind its own number for it
    return failure(Errc::invalid, words.substr(words.find("] ") + 2));
  }
}

template base::Result<Project> project_of_json(const nlohmann::ordered_json& written);
template base::Result<Project> project_of_json(const nlohmann::json& written);

}  // namespace harbor_router::harbor
