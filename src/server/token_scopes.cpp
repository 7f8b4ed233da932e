#include "server/token_scopes.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "harbor_router/oci/token_scope.hpp"

namespace harbor_router::server {

namespace {

// A candidate of one of the names asked for.
struct Wanted {
  routing::Candidate candidate;
  std::string resource_class;  // of the scope that asked for it
  bool is_known = false;       // a mapping names it for this name
};

// What a scope adds to the token: an entry of its JSON ({"type","class","name","actions"}, with all
// the actions a user may have) in base64.
std::size_t cost_in_token(std::size_t name_size) {
  return (name_size + 80) * 4 / 3;
}

// A host in front of the name, with its port, which no name in a path has.
std::optional<routing::Subject> below_host(std::string_view name,
                                           const harbor::ProjectList& projects) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::string host = harbor::registry_host(name.substr(0, slash));
  const std::string_view rest = name.substr(slash + 1);
  if (!projects.mirrors(host) || !oci::Repository::parse(rest)) return std::nullopt;
  return routing::Subject{std::move(host), std::string(rest)};
}

// What a scope's name means here, or nullopt when it is none of ours.
std::optional<routing::Subject> subject_named(std::string_view name, const ScopeRules& rules) {
  const std::string prefix = rules.paths.proxy_project + "/";
  std::string_view hint;
  if (name.starts_with(prefix)) {
    name.remove_prefix(prefix.size());
    if (auto subject = below_host(name, rules.projects)) return subject;
  } else if (rules.paths.root_registry) {
    hint = *rules.paths.root_registry;
  } else {
    return std::nullopt;
  }
  if (!oci::Repository::parse(name)) return std::nullopt;
  return routing::subject_of(name, hint, rules.projects);
}

// A scope that names an image here.
struct ImageScope {
  oci::TokenScope scope;
  routing::Subject subject;
};
std::optional<ImageScope> image_scope(std::string_view text, const ScopeRules& rules) {
  auto scope = oci::parse_token_scope(text);
  if (!scope || scope->type != "repository") return std::nullopt;
  auto subject = subject_named(scope->name, rules);
  if (!subject) return std::nullopt;
  return ImageScope{*std::move(scope), *std::move(subject)};
}

// Each once, in the order given.
std::vector<std::string_view> each_scope(std::string_view scopes) {
  std::vector<std::string_view> list;
  std::unordered_set<std::string_view> seen;
  while (!scopes.empty()) {
    const std::string_view one = scopes.substr(0, scopes.find(' '));
    scopes.remove_prefix(std::min(one.size() + 1, scopes.size()));
    if (!one.empty() && seen.insert(one).second) list.push_back(one);
  }
  return list;
}

std::vector<Wanted> wanted_for(const routing::Subject& subject, const ScopeRules& rules,
                               const std::string& resource_class = {}) {
  const harbor::ProjectPointer known = rules.known ? rules.known(subject) : nullptr;
  std::vector<Wanted> wanted;
  for (auto& each : routing::candidates_for(subject, rules.projects, rules.max_fanout)) {
    const bool is_known = each.project == known;
    wanted.push_back({std::move(each), resource_class, is_known});
  }
  return wanted;
}

// Behind what is there already; a first one always, the known before all others.
void append_within_budget(std::vector<std::string>& scopes, std::vector<Wanted> wanted) {
  std::stable_partition(wanted.begin(), wanted.end(),
                        [](const Wanted& each) { return each.is_known; });
  std::size_t cost = 0;
  for (const std::string& scope : scopes) cost += cost_in_token(scope.size());
  std::set<std::pair<harbor::ProjectPointer, std::string>> named;
  for (const auto& [candidate, resource_class, is_known] : wanted) {
    if (!named.emplace(candidate.project, resource_class).second) continue;
    const std::string name = candidate.project->name + "/" + candidate.repository;
    cost += cost_in_token(name.size());
    if (named.size() > 1 && cost > token_budget_bytes) break;
    scopes.push_back(
        oci::to_string({.resource_class = resource_class, .name = name, .actions = {"pull"}}));
  }
}

}  // namespace

std::vector<std::string> candidate_scopes(const routing::Subject& subject,
                                          const ScopeRules& rules) {
  std::vector<std::string> scopes;
  append_within_budget(scopes, wanted_for(subject, rules));
  return scopes;
}

bool are_too_many(std::string_view scopes) {
  std::size_t count = 0;
  char before = ' ';
  for (const char c : scopes) {
    if (before == ' ' && c != ' ') ++count;
    before = c;
  }
  return count > max_scopes;
}

std::vector<std::string> upstream_scopes(std::string_view scopes, const ScopeRules& rules) {
  std::vector<std::string> upstream;
  std::vector<Wanted> wanted;
  for (const std::string_view scope : each_scope(scopes)) {
    auto image = image_scope(scope, rules);
    if (!image) {  // Harbor says what is wrong with one that is none
      upstream.emplace_back(scope);
      continue;
    }
    auto ours = wanted_for(image->subject, rules, image->scope.resource_class);
    if (ours.empty()) {
      // Of a registry that no project mirrors. Harbor gives a token without rights for a project it
      // does not know; without any scope it would refuse those without a password.
      image->scope.actions = {"pull"};
      upstream.push_back(oci::to_string(image->scope));
    }
    std::move(ours.begin(), ours.end(), std::back_inserter(wanted));
  }
  append_within_budget(upstream, std::move(wanted));
  return upstream;
}

bool name_an_image(std::string_view scopes, const ScopeRules& rules) {
  const auto list = each_scope(scopes);
  return std::any_of(list.begin(), list.end(), [&rules](std::string_view scope) {
    return image_scope(scope, rules).has_value();
  });
}

std::string scope_name(const oci::PullPath& path, const ScopeRules& rules) {
  const std::string proxy = rules.paths.proxy_project + "/";
  const std::string& repository = path.repository.str();
  const std::string own = (path.client_prefix == "/v2/" ? "" : proxy) + repository;
  if (!path.hint) return own;
  const routing::Subject asked = routing::subject_of(repository, *path.hint, rules.projects);
  if (subject_named(own, rules) == asked || !rules.projects.mirrors(asked.hint)) return own;
  return proxy + asked.hint + "/" + asked.repository;
}

}  // namespace harbor_router::server
