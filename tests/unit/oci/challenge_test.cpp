#include "harbor_router/oci/challenge.hpp"

#include <string_view>

#include <doctest/doctest.h>

using namespace harbor_router::oci;

namespace {

const BearerChallenge harbor{.realm = "https://harbor.example/service/token",
                             .service = "harbor-registry",
                             .scope = "repository:proxy/library/nginx:pull,push"};
constexpr std::string_view harbor_text =
    R"(Bearer realm="https://harbor.example/service/token",service="harbor-registry",)"
    R"(scope="repository:proxy/library/nginx:pull,push")";

}  // namespace

TEST_CASE("Harbor's Bearer challenge goes both ways") {
  CHECK(format_challenge(harbor) == harbor_text);
  const auto challenges = parse_challenges(harbor_text);
  REQUIRE(challenges.size() == 1);
  CHECK(std::get<BearerChallenge>(challenges[0]) == harbor);
}

TEST_CASE("blanks, case, order, missing quotes and unknown parameters do not matter") {
  const auto challenges = parse_challenges(
      "  bEARER  Service = harbor-registry ,\terror=\"invalid_token\", "
      "scope=repository:proxy/library/nginx:pull , REALM=\"https://x/y?a=b\"");
  REQUIRE(challenges.size() == 1);
  CHECK(std::get<BearerChallenge>(challenges[0]) ==
        BearerChallenge{.realm = "https://x/y?a=b",
                        .service = "harbor-registry",
                        .scope = "repository:proxy/library/nginx:pull"});
}

TEST_CASE("several challenges in one value are told apart") {
  const auto challenges = parse_challenges(
      R"(Negotiate YII==, Basic realm="harbor", Digest realm="d", Bearer realm="r",service="s")");
  REQUIRE(challenges.size() == 2);
  CHECK(std::get<BasicChallenge>(challenges[0]).realm == "harbor");
  CHECK(std::get<BearerChallenge>(challenges[1]) ==
        BearerChallenge{.realm = "r", .service = "s", .scope = ""});
  CHECK(parse_challenges("Basic").size() == 1);
}

TEST_CASE("quoted pairs are undone when read and done when written") {
  const auto challenges = parse_challenges(R"(Basic realm="a \"b\" \\c, d")");
  REQUIRE(challenges.size() == 1);
  CHECK(std::get<BasicChallenge>(challenges[0]).realm == R"(a "b" \c, d)");
  CHECK(format_challenge({.realm = "a\"b\\", .service = "", .scope = ""}) ==
        R"(Bearer realm="a\"b\\")");
}

TEST_CASE("no line break gets into a header") {
  CHECK(format_challenge({.realm = "a\r\nX: y", .service = "", .scope = ""}) ==
        R"(Bearer realm="aX: y")");
}

TEST_CASE("broken values give what stands before the break") {
  for (const std::string_view text :
       {"", ",", "realm=\"x\"", "Bearer", "Bearer realm=", "Bearer realm=\"x", "Bearer realm=\"\\",
        "Bearer service=\"s\"", "\"Bearer\"", "Bearer realm=\"a\nb\"", "Negotiate abc/def=="}) {
    CAPTURE(text);
    CHECK(parse_challenges(text).empty());
  }
  CHECK(parse_challenges("Basic realm=\"a\", Bearer realm=\"b").size() == 1);
}
