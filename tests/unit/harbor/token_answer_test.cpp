#include "harbor_router/harbor/token_answer.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "harbor_router/base/base64.hpp"

using namespace harbor_router;

namespace {

// A JWT with these claims, as far as anybody here looks at it: base64url without padding.
std::string token_with(const std::string& claims) {
  std::string payload = base::base64_encode(claims);
  std::replace(payload.begin(), payload.end(), '+', '-');
  std::replace(payload.begin(), payload.end(), '/', '_');
  payload.resize(payload.find_last_not_of('=') + 1);
  return "eyJ0eXAiOiJKV1QifQ." + payload + ".c2ln";
}

}  // namespace

TEST_CASE("a token without a subject is nobody's") {
  CHECK(harbor::is_anonymous_token(token_with(R"({"iss":"harbor-token-issuer","access":[]})")));
  CHECK(harbor::is_anonymous_token(token_with(R"({"sub":""})")));
  CHECK(harbor::is_anonymous_token(token_with(R"({"iss":"harbor","sub":"","x":"??>>"})")));
  CHECK_FALSE(harbor::is_anonymous_token(token_with(R"({"sub":"alice"})")));
  CHECK_FALSE(harbor::is_anonymous_token(token_with(R"({"sub":"~~~???>>>"})")));
}

TEST_CASE("what is no token of Harbor's is taken for somebody's") {
  for (const std::string& token :
       {std::string(), std::string("opaque"), std::string("a.b"), std::string("a.!!!.c"),
        std::string("a..c"), token_with("[]"), token_with(R"({"sub":7})"),
        token_with(R"({"sub":null})"), token_with("not JSON")}) {
    CAPTURE(token);
    CHECK_FALSE(harbor::is_anonymous_token(token));
  }
}

TEST_CASE("a token has run out by its own word alone, once its last second is over") {
  using std::chrono::seconds;
  const std::chrono::system_clock::time_point now{seconds(1'000'000)};
  CHECK(harbor::has_run_out(token_with(R"({"exp":999999})"), now));
  CHECK(harbor::has_run_out(token_with(R"({"exp":999999.5})"), now));
  CHECK_FALSE(harbor::has_run_out(token_with(R"({"exp":1000000})"), now));
  for (const std::string& token : {std::string(), std::string("opaque"), std::string("a.!!!.c"),
                                   token_with("[]"), token_with("{}"), token_with(R"({"exp":"1"})"),
                                   token_with(R"({"exp":null})"), token_with("not JSON")}) {
    CAPTURE(token);
    CHECK_FALSE(harbor::has_run_out(token, now));
  }
}
