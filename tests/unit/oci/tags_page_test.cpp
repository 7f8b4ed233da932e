#include "harbor_router/oci/tags_page.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace harbor_router;
using harbor_router::oci::parse_tags_page;
using harbor_router::oci::tags_page_body;

TEST_CASE("tags are read in order, and null is the empty list Go writes") {
  const auto page =
      parse_tags_page(R"({"name":"dockerhub/library/nginx","tags":["1.25","latest"]})");
  REQUIRE(page.has_value());
  CHECK(page->tags == std::vector<std::string>{"1.25", "latest"});
  CHECK(parse_tags_page(R"({"name":"x","tags":[]})")->tags.empty());
  CHECK(parse_tags_page(R"({"name":"x","tags":null})")->tags.empty());
}

TEST_CASE("another answer is unexpected") {
  for (const std::string_view body :
       {"", "<html>", "[]", "{}", R"({"name":"x"})", R"({"tags":"x"})", R"({"tags":[1]})",
        R"({"tags":{}})", R"({"tags":["a"])"}) {
    CAPTURE(body);
    const auto page = parse_tags_page(body);
    REQUIRE(page.has_error());
    CHECK(page.error().code == base::Errc::unexpected_answer);
  }
}

TEST_CASE("the client gets its own name") {
  CHECK(tags_page_body("proxy/nginx", {.tags = {"1.25", "latest"}}) ==
        R"({"name":"proxy/nginx","tags":["1.25","latest"]})");
  CHECK(tags_page_body("proxy/nginx", {}) == R"({"name":"proxy/nginx","tags":[]})");
  CHECK(tags_page_body("x", {.tags = {"[", "a\"b"}}) == R"({"name":"x","tags":["[","a\"b"]})");
}
