#include "harbor_router/stub/config.hpp"

#include <initializer_list>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

namespace harbor_router::stub {
namespace {

using nlohmann::json;

json parsed(std::string_view text) {
  json value = json::parse(text, nullptr, false);
  if (!value.is_object()) throw std::invalid_argument("not a JSON object");
  return value;
}

// A misspelt member would otherwise be a default that nobody asked for.
void check_members(const json& value, std::initializer_list<std::string_view> known) {
  for (const auto& [key, member] : value.items()) {
    bool found = false;
    for (const auto name : known) found = found || name == key;
    if (!found) throw std::invalid_argument("unknown member: " + key);
  }
}

template <class T>
T choice(const json& value, const char* member, T fallback,
         std::initializer_list<std::pair<std::string_view, T>> choices) {
  if (!value.contains(member)) return fallback;
  const auto text = value[member].get<std::string>();
  for (const auto& [name, chosen] : choices) {
    if (name == text) return chosen;
  }
  throw std::invalid_argument(std::string(member) + ": unknown value " + text);
}

template <class T>
void take(const json& value, const char* member, T& into) {
  if (value.contains(member)) into = value[member].get<T>();
}

Registry registry_of(const json& value) {
  check_members(value, {"id", "name", "type", "url", "status"});
  Registry registry;
  take(value, "id", registry.id);
  take(value, "name", registry.name);
  take(value, "type", registry.type);
  take(value, "url", registry.url);
  take(value, "status", registry.status);
  return registry;
}

TaggedImage image_of(const json& value) {
  check_members(value, {"repository", "tag", "seed", "format", "platforms", "layer_sizes"});
  const auto repository = value.at("repository").get<std::string>();
  const auto tag = value.value("tag", "latest");
  ImageRecipe recipe;
  recipe.seed = value.value("seed", repository + ":" + tag);
  recipe.format = choice(value, "format", ImageFormat::oci,
                         {{"oci", ImageFormat::oci}, {"docker", ImageFormat::docker}});
  take(value, "platforms", recipe.platforms);
  take(value, "layer_sizes", recipe.layer_sizes);
  return {.repository = repository, .tag = tag, .image = make_image(recipe)};
}

Project project_of(const json& value) {
  check_members(value, {"name", "id", "public", "registry", "backend", "blob_delivery", "referrers",
                        "referrers_page_size", "images"});
  Project project;
  project.name = value.at("name").get<std::string>();
  take(value, "id", project.id);
  if (!value.value("public", true)) project.visibility = Visibility::private_project;
  if (value.contains("registry")) project.registry = registry_of(value["registry"]);
  if (value.contains("backend")) project.backend_port = value["backend"].get<std::uint16_t>();
  project.blob_delivery = choice(value, "blob_delivery", BlobDelivery::direct,
                                 {{"direct", BlobDelivery::direct},
                                  {"redirect_to_storage", BlobDelivery::redirect_to_storage}});
  project.referrers = choice(value, "referrers", ReferrersApi::local,
                             {{"local", ReferrersApi::local}, {"proxied", ReferrersApi::proxied}});
  take(value, "referrers_page_size", project.referrers_page_size);
  for (const auto& image : value.value("images", json::array())) {
    project.images.push_back(image_of(image));
  }
  return project;
}

Account account_of(const json& value) {
  check_members(value, {"name", "password", "kind", "projects", "system_permissions"});
  Account account;
  account.name = value.at("name").get<std::string>();
  account.password = value.at("password").get<std::string>();
  account.kind = choice(value, "kind", AccountKind::user,
                        {{"user", AccountKind::user},
                         {"robot", AccountKind::robot},
                         {"administrator", AccountKind::administrator}});
  take(value, "projects", account.projects);
  take(value, "system_permissions", account.system_permissions);
  return account;
}

Options options_of(const json& value) {
  check_members(value, {"port", "threads", "token_life", "caching", "accounts", "projects"});
  Options options;
  take(value, "port", options.port);
  take(value, "threads", options.threads);
  if (value.contains("token_life")) {
    options.token_life = std::chrono::seconds(value["token_life"].get<long>());
  }
  options.caching = choice(value, "caching", Caching::when_told,
                           {{"when_told", Caching::when_told}, {"on_get", Caching::on_get}});
  for (const auto& account : value.value("accounts", json::array())) {
    options.accounts.push_back(account_of(account));
  }
  for (const auto& project : value.value("projects", json::array())) {
    options.projects.push_back(project_of(project));
  }
  return options;
}

// Wrong types are the caller's mistake too.
template <class Read>
auto checked(std::string_view text, Read read) {
  try {
    return read(parsed(text));
  } catch (const json::exception& error) {
    throw std::invalid_argument(error.what());
  }
}

}  // namespace

Options options_from_json(std::string_view text) {
  return checked(text, options_of);
}
Project project_from_json(std::string_view text) {
  return checked(text, project_of);
}
TaggedImage image_from_json(std::string_view text) {
  return checked(text, image_of);
}

}  // namespace harbor_router::stub
