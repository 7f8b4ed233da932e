// From the scopes a client asks for to those Harbor understands. Pure.
//
// Clients compute a scope from their own path, "repository:proxy/nginx:pull"; Harbor knows no
// project "proxy". Each such scope becomes one for each candidate project, of the same class; only
// pull is ever asked for. All other scopes pass as they are, well-formed or not, so that this
// endpoint can stand in front of Harbor's own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/oci/request_path.hpp"
#include "harbor_router/routing/candidates.hpp"

namespace harbor_router::server {

// Harbor writes every project of the scopes into the token, and the token travels in each request:
// past 8 KiB the nginx in front of Harbor refuses it. Candidates beyond this budget are left out.
inline constexpr std::size_t token_budget_bytes = 6 * 1024;

// More than any client asks one token for; each costs a look at all projects.
inline constexpr std::size_t max_scopes = 100;

struct ScopeRules {
  const oci::PathRules& paths;
  const harbor::ProjectList& projects;
  std::size_t max_fanout = 50;
  // The project that a mapping names for the subject, or null: it is never the one left out.
  std::function<harbor::ProjectPointer(const routing::Subject&)> known;
};

// Whether they are more than max_scopes, those named twice counted twice.
[[nodiscard]] bool are_too_many(std::string_view scopes);
// scopes: all that one token is asked for, separated by spaces. What comes out is within the
// budget, each project named once: Harbor's rights are by project, so a scope on it serves all
// names.
[[nodiscard]] std::vector<std::string> upstream_scopes(std::string_view scopes,
                                                       const ScopeRules& rules);
// Whether they name an image here: then the projects must be known first.
[[nodiscard]] bool name_an_image(std::string_view scopes, const ScopeRules& rules);
// One scope a candidate, the known project first, within the budget.
[[nodiscard]] std::vector<std::string> candidate_scopes(const routing::Subject& subject,
                                                        const ScopeRules& rules);
// The name a client is told to ask a token for: its own, unless ns= says more than that, which no
// scope repeats; then the registry's host stands in it.
[[nodiscard]] std::string scope_name(const oci::PullPath& path, const ScopeRules& rules);

}  // namespace harbor_router::server
