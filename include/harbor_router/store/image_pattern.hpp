// Which mappings an operator means: "nginx", "library/*", "ghcr.io/org/app:v1". Pure.
#pragma once

#include <string>
#include <string_view>

#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store {

// "ghcr.io/org/app:v1", "org/app@sha256:...", "org/app" for the mapping of a repository.
[[nodiscard]] std::string image_of(const Key& key);

// A glob as of fnmatch(3), whose * also stands for "/", over the image as image_of() writes it, and
// over the same without its registry, without its reference, or without both. An empty pattern
// matches everything.
[[nodiscard]] bool matches(std::string_view pattern, const Key& key);

}  // namespace harbor_router::store
