#include "harbor_router/base/json_escape.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  harbor_router::base::append_json_escaped(out, text);
  return out;
}

using namespace std::string_view_literals;

}  // namespace

TEST_CASE("plain text is copied and appended to what is there") {
  std::string out = "x";
  harbor_router::base::append_json_escaped(out, "library/nginx");
  CHECK(out == "xlibrary/nginx");
  CHECK(escaped("").empty());
}

TEST_CASE("quotes, backslashes and control characters are escaped") {
  CHECK(escaped(R"(a"b\c)") == R"(a\"b\\c)");
  CHECK(escaped("\n\r\t\b\f") == R"(\n\r\t\b\f)");
  CHECK(escaped("\0\x01\x1f\x7f"sv) == "\\u0000\\u0001\\u001f\x7f");
}

TEST_CASE("UTF-8 stays, and every byte that is not becomes U+FFFD") {
  CHECK(escaped("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\xB3") ==
        "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\xB3");
  CHECK(escaped("a\xFFz") == "a\xEF\xBF\xBDz");
  CHECK(escaped("\xE2\x82") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // cut short
  CHECK(escaped("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  CHECK(escaped("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  CHECK(escaped("\xF4\x90\x80\x80").size() == 12);                           // above U+10FFFF
}

TEST_CASE("every byte pair gives valid JSON") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const std::string document = '"' + escaped(text) + '"';
      REQUIRE(nlohmann::json::accept(document));
    }
  }
}
