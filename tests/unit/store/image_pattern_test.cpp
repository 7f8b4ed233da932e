#include "harbor_router/store/image_pattern.hpp"

#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace harbor_router::store;

TEST_CASE("an entry is written as an image is") {
  CHECK(image_of({"", "nginx", "latest"}) == "nginx:latest");
  CHECK(image_of({"ghcr.io", "org/app", "v1"}) == "ghcr.io/org/app:v1");
  CHECK(image_of({"", "org/app", "sha256:ab"}) == "org/app@sha256:ab");
  CHECK(image_of({"", "org/app", ""}) == "org/app");
}

TEST_CASE("a pattern means an image, with or without its registry and reference") {
  const Key tagged{.hint = "ghcr.io", .repository = "org/app", .reference = "v1"};
  for (const char* pattern : {"", "*", "org/app", "org/app:v1", "ghcr.io/org/app", "org/*",
                              "ghcr.io/*", "*:v1", "*/app", "ghcr.io/org/app:v[12]"})
    CHECK_MESSAGE(ImagePattern(pattern).matches(tagged), pattern);
  for (const char* pattern : {"app", "org", "org/app:v2", "ghcr.io", "docker.io/org/app", "org/ap"})
    CHECK_FALSE_MESSAGE(ImagePattern(pattern).matches(tagged), pattern);
}

bool fits(const std::string& pattern, std::string_view repository) {
  return ImagePattern(pattern).matches({.repository = repository});
}

TEST_CASE("a pattern means what a shell's means, and * also means slashes") {
  for (const auto& [pattern, image] :
       std::vector<std::pair<const char*, const char*>>{{"*", ""},
                                                        {"a*", "a"},
                                                        {"*a*b*", "xxaxxbxx"},
                                                        {"*ab", "abaab"},
                                                        {"a?c", "abc"},
                                                        {"a?c", "a/c"},
                                                        {"[abc]x", "bx"},
                                                        {"[!abc]x", "dx"},
                                                        {"[^abc]x", "dx"},
                                                        {"[a-c0-9]x", "7x"},
                                                        {"[]a]x", "]x"},
                                                        {"[a-]x", "-x"},
                                                        {"[[:digit:]_]x", "5x"},
                                                        {"[[:digit:]_]x", "_x"},
                                                        {"[ab", "[ab"},
                                                        {"\\*", "*"},
                                                        {"[\\]]", "]"}})
    CHECK_MESSAGE(fits(pattern, image), pattern << " means " << image);
  for (const auto& [pattern, image] :
       std::vector<std::pair<const char*, const char*>>{{"a", ""},
                                                        {"?", ""},
                                                        {"a?", "a"},
                                                        {"*a*b*", "bbbaaa"},
                                                        {"[abc]", "d"},
                                                        {"[!abc]", "a"},
                                                        {"[c-a]", "b"},
                                                        {"[[:digit:]]", "a"},
                                                        {"\\*", "a"},
                                                        {"a\\", "a"},
                                                        {"A", "a"}})
    CHECK_FALSE_MESSAGE(fits(pattern, image), pattern << " does not mean " << image);
}

TEST_CASE("no pattern is matched by trying all that its runs may stand for") {
  const std::string image(255, 'a');
  std::string runs, brackets;
  while (runs.size() < ImagePattern::longest - 3) runs += "*a*";
  while (brackets.size() < ImagePattern::longest - 6) brackets += "*[a-b]";
  CHECK_FALSE(fits(runs + 'b', image));
  CHECK_FALSE(fits(brackets + 'c', image));
  CHECK_FALSE(fits(std::string(ImagePattern::longest, '['), image));
  CHECK(fits("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a", image));
}

}  // namespace
