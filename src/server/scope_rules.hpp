// The rules for translating scopes as they stand now: today's projects, and what mappings know.
#pragma once

#include "server/shared.hpp"
#include "server/token_scopes.hpp"

namespace harbor_router::server {

// Of shared and projects, which both must outlive it.
[[nodiscard]] ScopeRules scope_rules(Shared& shared, const harbor::ProjectList& projects);

}  // namespace harbor_router::server
