#include "server/scope_rules.hpp"

namespace harbor_router::server {

namespace {

harbor::ProjectPointer mapped_project(Shared& shared, const harbor::ProjectList& projects,
                                      const routing::Subject& subject) {
  const store::Found found = shared.core.mappings.find(
      {.hint = subject.hint, .repository = subject.repository}, base::Clock::now());
  return is_live_mapping(found.state) ? projects.by_id(found.project) : nullptr;
}

}  // namespace

ScopeRules scope_rules(Shared& shared, const harbor::ProjectList& projects) {
  return {.paths = shared.settings.paths,
          .projects = projects,
          .max_fanout = shared.settings.upstream.max_fanout,
          .known = [&shared, &projects](const routing::Subject& subject) {
            return mapped_project(shared, projects, subject);
          }};
}

}  // namespace harbor_router::server
