#include "redis/keys.hpp"

#include <doctest/doctest.h>

#include "harbor_router/store/image_pattern.hpp"

using namespace harbor_router;
using namespace harbor_router::redis;

namespace {

// What a key of Redis is read as; empty: it is of no mapping.
std::string image_in(const std::string& name) {
  const auto key = Keys("hr").mapping_in(name);
  return key ? store::image_of(*key) : std::string();
}

}  // namespace

TEST_CASE("a mapping's key in Redis is read back") {
  CHECK(image_in("hr:m:docker.io|library/nginx|1.25") == "docker.io/library/nginx:1.25");
  CHECK(image_in("hr:m:|org/app|") == "org/app");
  CHECK(image_in("hr:projects").empty());
  CHECK(image_in("other:m:|org/app|").empty());
}

TEST_CASE("a key of another shape is matched by the pattern for all of them alone") {
  for (const std::string member : {"org/app", "|org/app", "a|b|c|d", ""}) {
    CAPTURE(member);
    const std::string name = "hr:m:" + member;
    const auto key = Keys("hr").mapping_in(name);
    REQUIRE(key);
    CHECK(store::ImagePattern("*").matches(*key));
    CHECK_FALSE(store::ImagePattern("library/*").matches(*key));
  }
}

TEST_CASE("what is said on a channel is heard, up to the longest that is said") {
  for (const std::string& said :
       {std::string(), std::string("ghcr.io/*"), std::string(longest_said, '*')})
    CHECK(said_in(message_of(said)) == said);
  CHECK_FALSE(said_in(message_of(std::string(longest_said + 1, '*'))));
  CHECK_FALSE(said_in("2 nginx"));
  CHECK_FALSE(said_in(""));
}
