#include "server/token_scopes.hpp"

#include <algorithm>

#include "harbor_router/oci/token_scope.hpp"

namespace harbor_router::server {

namespace {

// What a scope adds to the token: an entry of its JSON ({"type","class","name","actions"}, with all
// the actions a user may have) in base64.
std::size_t cost_in_token(const routing::Candidate& candidate) {
  return (candidate.project->name.size() + candidate.repository.size() + 80) * 4 / 3;
}

// The subject a scope's name means here, or nullopt when it is none of ours.
std::optional<routing::Subject> subject_in(const oci::TokenScope& scope, const ScopeRules& rules) {
  if (scope.type != "repository" || !scope.resource_class.empty()) return std::nullopt;
  const std::string prefix = rules.paths.proxy_project + "/";
  std::string_view name = scope.name;
  std::string_view hint;
  if (name.starts_with(prefix)) {
    name.remove_prefix(prefix.size());
  } else if (rules.paths.root_registry) {
    hint = *rules.paths.root_registry;
  } else {
    return std::nullopt;
  }
  if (!oci::Repository::parse(name)) return std::nullopt;
  return routing::subject_of(name, hint, rules.projects);
}

}  // namespace

std::vector<std::string> candidate_scopes(const routing::Subject& subject,
                                          const ScopeRules& rules) {
  auto candidates = routing::candidates_for(subject, rules.projects, rules.max_fanout);
  if (rules.known) {
    const harbor::ProjectPointer known = rules.known(subject);
    std::stable_partition(candidates.begin(), candidates.end(),
                          [&known](const auto& each) { return each.project == known; });
  }
  std::vector<std::string> scopes;
  std::size_t cost = 0;
  for (const routing::Candidate& candidate : candidates) {
    cost += cost_in_token(candidate);
    if (!scopes.empty() && cost > token_budget_bytes) break;
    scopes.push_back("repository:" + candidate.project->name + "/" + candidate.repository +
                     ":pull");
  }
  return scopes;
}

std::vector<std::string> upstream_scopes(std::string_view scope, const ScopeRules& rules) {
  std::vector<std::string> scopes;
  const auto parsed = oci::parse_token_scopes(scope);
  if (!parsed) return {std::string(scope)};  // Harbor says what is wrong with it
  for (const oci::TokenScope& each : *parsed) {
    if (const auto subject = subject_in(each, rules)) {
      auto ours = candidate_scopes(*subject, rules);
      std::move(ours.begin(), ours.end(), std::back_inserter(scopes));
    } else {
      scopes.push_back(oci::to_string(each));
    }
  }
  return scopes;
}

}  // namespace harbor_router::server
