// /v2/: v2auth, the redirect to library/, and the way to manifests, blobs, tags and referrers
// (facts/harbor.md sections 2 and 3).
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harbor_router/oci/name.hpp"
#include "stub/accounts.hpp"
#include "stub/handlers.hpp"

namespace harbor_router::stub {
namespace {

std::string challenge(const Request& request, std::string_view scope) {
  if (!request.header("Authorization").empty() || request.route.endpoint == Endpoint::catalog) {
    return "Basic realm=\"harbor\"";
  }
  std::string value =
      fmt::format("Bearer realm=\"http://{}/service/token\",service=\"harbor-registry\"",
                  request.header("Host"));
  if (!scope.empty()) value += fmt::format(",scope=\"{}\"", scope);
  return value;
}

Answer refused(std::string_view www_authenticate, std::string_view message) {
  Answer answer = harbor_error(401, message);
  answer.set("Docker-Distribution-Api-Version", "registry/2.0");
  answer.set("Www-Authenticate", www_authenticate);
  return answer;
}

bool is_read(const Request& request) {
  return request.method == "GET" || request.is_head();
}

// nullopt: the caller may go on.
std::optional<Answer> refuse(Harbor& harbor, const Request& request, const Caller& caller) {
  const Route& at = request.route;
  const std::string name = at.project + "/" + at.repository;
  const std::string_view action = is_read(request) ? "pull" : "push";
  const std::string scope =
      fmt::format("repository:{}:{}", name, is_read(request) ? "pull" : "pull,push");
  const std::string message =
      fmt::format("unauthorized to access repository: {}, action: {}", name, action);
  if (request.header("Authorization").empty()) return refused(challenge(request, scope), message);
  const HeldProject* project = harbor.find_project(at.project);
  if (project == nullptr) {
    return refused(
        "", fmt::format("project {} not found: project {} not found", at.project, at.project));
  }
  if (!may_pull(caller, *project)) return refused(challenge(request, scope), message);
  return std::nullopt;
}

// Docker Hub's official images: a name of one component lives under library/.
std::optional<Answer> redirect_to_library(const HeldProject& project, const Request& request) {
  const Route& at = request.route;
  const bool redirected = at.endpoint == Endpoint::manifests || at.endpoint == Endpoint::tags ||
                          (at.endpoint == Endpoint::blobs && !request.is_head());
  if (!project.is_docker_hub() || !redirected || at.repository.find('/') != std::string::npos) {
    return std::nullopt;
  }
  const std::string_view rest =
      std::string_view(request.path).substr(4 + at.project.size() + 1 + at.repository.size());
  const std::string location = fmt::format("/v2/{}/library/{}{}", at.project, at.repository, rest);
  Answer answer{.status = 301, .headers = {}, .body = {}, .backend = {}};
  answer.set("Location", location);
  answer.set("Content-Type", "text/html; charset=utf-8");
  answer.append(fmt::format("<a href=\"{}\">Moved Permanently</a>.\n\n", location));
  return answer;
}

Answer version(const Request& request, const Caller& caller) {
  if (!caller.is_authenticated()) return refused(challenge(request, ""), "unauthorized");
  Answer answer = json_answer(200, "{}");
  answer.set("Docker-Distribution-Api-Version", "registry/2.0");
  return answer;
}

Answer catalog(Harbor& harbor, const Request& request, const Caller& caller) {
  if (!has_system_permission(caller, "catalog:read")) {
    return refused(challenge(request, ""), "unauthorized to list catalog");
  }
  nlohmann::json names = nlohmann::json::array();
  for (const auto& [project_name, project] : harbor.projects) {
    for (const auto& [name, repository] : project.repositories) {
      if (!repository.local_tags.empty()) names.push_back(project_name + "/" + name);
    }
  }
  return json_answer(200, nlohmann::json{{"repositories", names}}.dump());
}

bool is_wellformed(const Route& at) {
  if (!oci::Repository::parse(at.repository)) return false;
  switch (at.endpoint) {
    case Endpoint::manifests:
      return oci::Reference::parse(at.reference).has_value();
    case Endpoint::blobs:
    case Endpoint::referrers:
      return oci::Digest::parse(at.reference).has_value();
    default:
      return true;
  }
}

Answer content(Harbor& harbor, const Request& request) {
  const Route& at = request.route;
  HeldProject& project = harbor.project(at.project);
  if (!is_read(request)) {
    if (!project.settings.registry) return harbor_error(405, "Method Not Allowed");
    return harbor_error_with_code(
        403, "DENIED", fmt::format("can not push artifact to a proxy project: {}", at.project));
  }
  if (!is_wellformed(at)) return harbor_error(404, "404 page not found");
  if (auto redirected = redirect_to_library(project, request)) return *redirected;
  if (project.settings.backend_port && at.endpoint != Endpoint::referrers) {
    Answer relayed;
    relayed.backend = BackendCall{.port = *project.settings.backend_port};
    return relayed;
  }
  const auto found = project.repositories.find(at.repository);
  const Place place{.harbor = harbor,
                    .project = project,
                    .repository = found == project.repositories.end() ? nullptr : &found->second};
  switch (at.endpoint) {
    case Endpoint::manifests:
      return manifest_answer(place, request);
    case Endpoint::blobs:
      return blob_answer(place, request);
    case Endpoint::tags:
      return tags_answer(place, request);
    default:
      return referrers_answer(place, request);
  }
}

}  // namespace

Answer registry_answer(Harbor& harbor, const Request& request) {
  const Caller caller = identify(harbor, request, Door::registry);
  switch (request.route.endpoint) {
    case Endpoint::version:
      return version(request, caller);
    case Endpoint::catalog:
      return catalog(harbor, request, caller);
    case Endpoint::other:
      return harbor_error(404, "404 page not found");
    default:
      break;
  }
  if (auto refusal = refuse(harbor, request, caller)) return *refusal;
  return content(harbor, request);
}

Answer harbor_answer(Harbor& harbor, const Request& request) {
  Answer answer;
  if (request.path.starts_with("/v2/") || request.path == "/v2") {
    answer = registry_answer(harbor, request);
  } else if (request.path.starts_with("/api/")) {
    answer = api_answer(harbor, request);
  } else if (request.route.endpoint == Endpoint::token) {
    answer = token_answer(harbor, request);
  } else if (request.route.endpoint == Endpoint::storage) {
    return storage_answer(harbor, request);
  } else {
    return portal_page();
  }
  const std::string_view id = request.header("X-Request-Id");
  answer.set("X-Request-Id", id.empty() ? base64_url(harbor.random_bytes(15)) : std::string(id));
  if (request.header("Cookie").find("sid=") == std::string_view::npos) {
    answer.set("Set-Cookie",
               fmt::format("sid={}; Path=/; HttpOnly", base64_url(harbor.random_bytes(24))));
  }
  return answer;
}

}  // namespace harbor_router::stub
