// /api/v2.0/: projects, registries, ping, health, systeminfo, users/current.
#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stub/accounts.hpp"
#include "stub/handlers.hpp"
#include "stub/query_filter.hpp"

namespace harbor_router::stub {
namespace {

using nlohmann::json;

std::optional<long> number(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string page_url(const Request& request, long page, long page_size) {
  // Harbor sorts the parameters by name and leaves the result unescaped.
  std::map<std::string, std::string> parameters;
  for (const char* name : {"q", "sort", "name", "public", "owner", "with_detail"}) {
    if (const auto values = request.parameters(name); !values.empty()) {
      parameters[name] = values.front();
    }
  }
  parameters["page"] = std::to_string(page);
  parameters["page_size"] = std::to_string(page_size);
  std::string url = request.path;
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    url += fmt::format("{}{}={}", separator, name, value);
    separator = '&';
  }
  return url;
}

// items, cut to the page asked for, with X-Total-Count and Link.
Answer paged(const Request& request, const json& items) {
  const auto page = number(request.parameter("page", "1"));
  const auto page_size = number(request.parameter("page_size", "10"));
  if (!page || !page_size || *page < 1 || *page_size < 1 || *page_size > 100) {
    return harbor_error(422,
                        "validation failure list:\npage_size in query should be less than or "
                        "equal to 100");
  }
  const auto total = static_cast<long>(items.size());
  json body = json::array();
  for (long i = (*page - 1) * *page_size; i < std::min(total, *page * *page_size); ++i) {
    body.push_back(items[static_cast<std::size_t>(i)]);
  }
  Answer answer = json_answer(200, body.dump() + "\n");
  answer.set("X-Total-Count", std::to_string(total));
  std::string links;
  if (*page > 1 && (*page - 1) * *page_size < total) {
    links = fmt::format("<{}>; rel=\"prev\"", page_url(request, *page - 1, *page_size));
  }
  if (*page * *page_size < total) {
    links += fmt::format("{}<{}>; rel=\"next\"", links.empty() ? "" : " , ",
                         page_url(request, *page + 1, *page_size));
  }
  if (!links.empty()) answer.set("Link", links);
  return answer;
}

enum class Detail { full, brief };

json project_json(const HeldProject& project, Detail detail) {
  json body{{"project_id", project.settings.id},
            {"name", project.settings.name},
            {"creation_time", "2026-01-01T00:00:00.000Z"},
            {"update_time", "2026-01-01T00:00:00.000Z"},
            {"repo_count", project.repositories.size()}};
  if (project.settings.registry) body["registry_id"] = project.settings.registry->id;
  if (detail == Detail::full) {
    body["owner_id"] = 1;
    body["owner_name"] = "admin";
    body["metadata"] = {{"public", project.is_public() ? "true" : "false"}};
    body["cve_allowlist"] = {
        {"id", project.settings.id}, {"project_id", project.settings.id}, {"items", json::array()}};
  }
  return body;
}

json registry_json(const Registry& registry) {
  return {{"id", registry.id},
          {"name", registry.name},
          {"type", registry.type},
          {"url", registry.url},
          {"status", registry.status},
          {"insecure", false},
          {"credential", {{"type", "basic"}, {"access_secret", "*****"}}},
          {"creation_time", "2026-01-01T00:00:00.000Z"},
          {"update_time", "2026-01-01T00:00:00.000Z"}};
}

Answer not_allowed(const Caller& caller) {
  if (!caller.is_authenticated()) return harbor_error(401, "unauthorized");
  return harbor_error(403, "forbidden");
}

Answer projects(Harbor& harbor, const Request& request, const Caller& caller) {
  const Detail detail =
      request.parameter("with_detail", "true") == "false" ? Detail::brief : Detail::full;
  if (const std::string& wanted = request.route.reference; !wanted.empty()) {
    for (const auto& [name, project] : harbor.projects) {
      if (name != wanted && std::to_string(project.settings.id) != wanted) continue;
      if (!may_list(caller, project)) return not_allowed(caller);
      return json_answer(200, project_json(project, Detail::full).dump() + "\n");
    }
    return harbor_error(404, fmt::format("project {} not found", wanted));
  }
  auto filter = ProjectFilter::parse(request.parameter("q"));
  if (!filter) return harbor_error(400, "the query string isn't valid");
  filter->also(request.parameter("name"), request.parameter("public"));
  json items = json::array();
  for (const auto& [name, project] : harbor.projects) {
    if (may_list(caller, project) && filter->matches(project)) {
      items.push_back(project_json(project, detail));
    }
  }
  return paged(request, items);
}

Answer registries(Harbor& harbor, const Request& request, const Caller& caller) {
  const std::string& wanted = request.route.reference;
  if (!has_system_permission(caller, wanted.empty() ? "registry:list" : "registry:read")) {
    return not_allowed(caller);
  }
  std::map<int, const Registry*> by_id;
  for (const auto& [name, project] : harbor.projects) {
    if (project.settings.registry) {
      by_id.try_emplace(project.settings.registry->id, &*project.settings.registry);
    }
  }
  if (!wanted.empty()) {
    const auto id = number(wanted);
    const auto found = id ? by_id.find(static_cast<int>(*id)) : by_id.end();
    if (found == by_id.end())
      return harbor_error(404, fmt::format("registry {} not found", wanted));
    return json_answer(200, registry_json(*found->second).dump() + "\n");
  }
  json items = json::array();
  for (const auto& [id, registry] : by_id) items.push_back(registry_json(*registry));
  return paged(request, items);
}

Answer health() {
  json components = json::array();
  for (const char* name :
       {"core", "database", "jobservice", "portal", "redis", "registry", "registryctl"}) {
    components.push_back({{"name", name}, {"status", "healthy"}});
  }
  return json_answer(200, json{{"status", "healthy"}, {"components", components}}.dump() + "\n");
}

Answer systeminfo(const Request& request, const Caller& caller) {
  json body{{"auth_mode", "db_auth"}, {"self_registration", false}, {"banner_message", ""}};
  if (caller.is_authenticated()) {
    body["harbor_version"] = "v2.16.0-c50c7ddd";
    body["external_url"] = fmt::format("http://{}", request.header("Host"));
    body["registry_url"] = request.header("Host");
  }
  return json_answer(200, body.dump() + "\n");
}

Answer current_user(const Caller& caller) {
  if (caller.account == nullptr) return harbor_error(401, "unauthorized");
  const Account& account = *caller.account;
  if (account.kind == AccountKind::robot) {
    return harbor_error(412, "get current user not available for security context: robot");
  }
  return json_answer(200, json{{"user_id", 3},
                               {"username", account.name},
                               {"sysadmin_flag", account.kind == AccountKind::administrator}}
                                  .dump() +
                              "\n");
}

}  // namespace

Answer api_answer(Harbor& harbor, const Request& request) {
  if (request.method != "GET" && !request.is_head()) {
    return harbor_error(405, "Method Not Allowed");
  }
  const Caller caller = identify(harbor, request, Door::api);
  switch (request.route.endpoint) {
    case Endpoint::projects:
      return projects(harbor, request, caller);
    case Endpoint::registries:
      return registries(harbor, request, caller);
    case Endpoint::ping: {
      Answer pong;
      pong.set("Content-Type", "text/plain; charset=utf-8");
      pong.append("Pong");
      return pong;
    }
    case Endpoint::health:
      return health();
    case Endpoint::systeminfo:
      return systeminfo(request, caller);
    case Endpoint::current_user:
      return current_user(caller);
    default:
      return portal_page();
  }
}

}  // namespace harbor_router::stub
