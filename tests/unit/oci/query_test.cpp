#include "harbor_router/oci/query.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace harbor_router::oci;

TEST_CASE("percent-decoding is strict") {
  CHECK(percent_decoded("a%2Fb%2fc+") == "a/b/c+");
  CHECK(percent_decoded("").has_value());
  CHECK(percent_decoded("%25%32%66") == "%2f");  // once only
  for (const std::string_view text : {"%", "%2", "a%2", "%zz", "%2g", "%+1", "%00", "a%%20"}) {
    CAPTURE(text);
    CHECK_FALSE(percent_decoded(text));
  }
  CHECK_FALSE(percent_decoded(std::string_view("a\0b", 3)));
}

TEST_CASE("a plus is a space in a query") {
  CHECK(query_decoded("a+b%2Bc") == "a b+c");
}

TEST_CASE("encoding leaves only unreserved characters") {
  CHECK(percent_encoded("aZ0-._~") == "aZ0-._~");
  CHECK(percent_encoded("a b/c:&=+%\xC3\r\n") == "a%20b%2Fc%3A%26%3D%2B%25%C3%0D%0A");
  const std::string text = "repository:proxy/a:pull,push \xFF";
  CHECK(query_decoded(percent_encoded(text)) == text);
  CHECK(percent_decoded(percent_encoded(text)) == text);
}

TEST_CASE("a query string is its decoded pairs in order") {
  const auto pairs = query_pairs("scope=a%3Ab&&scope=c=d&n&=x&");
  REQUIRE(pairs);
  REQUIRE(pairs->size() == 4);
  CHECK((*pairs)[0].name == "scope");
  CHECK((*pairs)[0].value == "a:b");
  CHECK((*pairs)[1].value == "c=d");
  CHECK((*pairs)[2].name == "n");
  CHECK((*pairs)[2].value.empty());
  CHECK((*pairs)[3].name.empty());
  CHECK((*pairs)[3].value == "x");
  CHECK(query_pairs("")->empty());
  CHECK_FALSE(query_pairs("a=1&b=%"));
  CHECK_FALSE(query_pairs("%zz=1"));
}
