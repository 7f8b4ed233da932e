#include "harbor_router/oci/link.hpp"

#include <string_view>

#include <doctest/doctest.h>

using namespace harbor_router::oci;

TEST_CASE("the next link is found among others") {
  CHECK(next_link(R"(</v2/dockerhub/library/nginx/tags/list?last=b&n=2>; rel="next")") ==
        "/v2/dockerhub/library/nginx/tags/list?last=b&n=2");
  CHECK(next_link(R"(</a?page=1>; rel="prev" , </a?page=3>; rel="next")") == "/a?page=3");
  CHECK(next_link(R"(<https://h/a,b;c?x>;title="a, <b>; rel=\"x\"" ;REL = Next)") ==
        "https://h/a,b;c?x");
  CHECK(next_link(R"(<a>; rel="last next")") == "a");
}

TEST_CASE("without a well-formed next link there is none") {
  for (const std::string_view text :
       {"", "<a>", R"(<a>; rel="prev")", R"(<a; rel="next")", R"(a; rel="next")",
        R"(<>; rel="next")", R"(<a b>; rel="next")", R"(<a">; rel="next")", "<a\r\n>; rel=\"next\"",
        R"(<a>; rel="nextx")", R"(<a>; title="rel=next")", R"(<a> rel="next")"}) {
    CAPTURE(text);
    CHECK_FALSE(next_link(text));
  }
}

TEST_CASE("Harbor's path is replaced by the client's and the query kept") {
  CHECK(rewritten_next_link(R"(</v2/dockerhub/library/nginx/tags/list?last=b&n=2>; rel="next")",
                            "/v2/proxy/nginx/tags/list") ==
        R"(</v2/proxy/nginx/tags/list?last=b&n=2>; rel="next")");
  CHECK(rewritten_next_link(R"(<https://harbor/v2/x?last=b#f>; rel=next)", "/v2/p") ==
        R"(</v2/p?last=b>; rel="next")");
  CHECK(rewritten_next_link(R"(</v2/x>; rel=next)", "/v2/p") == R"(</v2/p>; rel="next")");
  CHECK_FALSE(rewritten_next_link("", "/v2/p"));
}

TEST_CASE("the next page is of the registry the client named") {
  CHECK(rewritten_next_link(R"(</v2/x?last=b>; rel=next)", "/v2/p", "r.example:5000") ==
        R"(</v2/p?last=b&ns=r.example%3A5000>; rel="next")");
  CHECK(rewritten_next_link(R"(</v2/x>; rel=next)", "/v2/p", "quay.io") ==
        R"(</v2/p?ns=quay.io>; rel="next")");
}
