#include "harbor_router/base/json_text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace harbor_router::base;

namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

bool is_read(const std::string& text) {
  return !read_json<nlohmann::json>(text).is_discarded();
}

}  // namespace

TEST_CASE("JSON is read as deep as anybody means it, and no deeper") {
  CHECK(is_read(nested(deepest_json)));
  CHECK_FALSE(is_read(nested(deepest_json + 1)));
  CHECK_FALSE(is_read(nested(1'000'000)));
  CHECK_FALSE(is_read(std::string(1'000'000, '[')));
  std::string object = "1";
  for (std::size_t i = 0; i <= deepest_json; ++i) object = R"({"a":)" + object + '}';
  CHECK_FALSE(is_read(object));
}

TEST_CASE("how long JSON is, and which brackets its strings hold, is not its depth") {
  std::string flat = "[[]";
  for (int i = 0; i < 1000; ++i) flat += R"(,{"a":[1]})";
  CHECK(is_read(flat + ']'));
  const std::string brackets(1000, '[');
  CHECK(is_read('"' + brackets + '"'));
  CHECK(is_read(R"(["\")" + brackets + R"(",1,"\\"])"));
  CHECK_FALSE(is_read(R"(["\\",)" + nested(deepest_json) + ']'));
}

TEST_CASE("what is no JSON is discarded, and throws nothing") {
  for (const char* text : {"", "{", "]", "]]]][", "\"", "\"\\", "{\"a\":}"})
    CHECK_FALSE_MESSAGE(is_read(text), text);
}
