// Which mappings a person means: a glob ('*': any number of bytes, '?': one) that must match all of
// "repository", "repository:tag" or "repository@digest", each with or without "hint/" in front. Pure.
#pragma once

#include <string_view>

#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store {

[[nodiscard]] bool matches(std::string_view pattern, const Key& key);

}  // namespace harbor_router::store
