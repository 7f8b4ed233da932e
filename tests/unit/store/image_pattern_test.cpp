#include "harbor_router/store/image_pattern.hpp"

#include <doctest/doctest.h>

namespace {

using namespace harbor_router::store;

Entry entry_of(std::string hint, std::string repository, std::string reference) {
  Entry entry;
  entry.hint = std::move(hint);
  entry.repository = std::move(repository);
  entry.reference = std::move(reference);
  return entry;
}

TEST_CASE("an entry is written as an image is") {
  CHECK(image_of(entry_of("", "nginx", "latest")) == "nginx:latest");
  CHECK(image_of(entry_of("ghcr.io", "org/app", "v1")) == "ghcr.io/org/app:v1");
  CHECK(image_of(entry_of("", "org/app", "sha256:ab")) == "org/app@sha256:ab");
  CHECK(image_of(entry_of("", "org/app", "")) == "org/app");
}

TEST_CASE("a pattern means an image, with or without its registry and reference") {
  const Entry tagged = entry_of("ghcr.io", "org/app", "v1");
  for (const char* pattern : {"", "*", "org/app", "org/app:v1", "ghcr.io/org/app", "org/*",
                              "ghcr.io/*", "*:v1", "*/app", "ghcr.io/org/app:v[12]"})
    CHECK_MESSAGE(matches(pattern, tagged), pattern);
  for (const char* pattern : {"app", "org", "org/app:v2", "ghcr.io", "docker.io/org/app", "org/ap"})
    CHECK_FALSE_MESSAGE(matches(pattern, tagged), pattern);
}

}  // namespace
