// One mapping as /debug/cache and cache-inspect tell it. Pure.
#pragma once

#include <string>

#include "harbor_router/server/document.hpp"
#include "harbor_router/store/mapping_store.hpp"
#include "harbor_router/store/record.hpp"

namespace harbor_router::server {

// {"image","repository","reference","hint","project","digest","state","age_seconds",
//  "expires_in_seconds","hits"}; project: its name, empty for an absence.
[[nodiscard]] Json mapping_json(const store::Entry& entry, const std::string& project);
// Of Redis or a file: when it was learnt and how often it was asked for are not written there.
[[nodiscard]] Json mapping_json(const store::Record& record, store::WallTime now);

}  // namespace harbor_router::server
