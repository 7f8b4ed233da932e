#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "harbor_router/http/head.hpp"
#include "unit/results.hpp"

using namespace harbor_router;
using namespace harbor_router::http;
using namespace std::string_literals;

namespace {

std::string request(std::string_view fields) {
  return "GET /v2/ HTTP/1.1\r\nHost: router\r\n" + std::string(fields) + "\r\n";
}

std::string padded_request(std::size_t size) {
  const std::string empty = request("X-Pad: \r\n");
  return request("X-Pad: " + std::string(size - empty.size(), 'x') + "\r\n");
}

std::string request_with_fields(std::size_t count) {
  std::string fields;
  for (std::size_t i = 1; i < count; ++i) fields += "X-" + std::to_string(i) + ": 1\r\n";
  return request(fields);
}

}  // namespace

TEST_CASE("a request's head gives its parts as views of the bytes") {
  const std::string bytes =
      "HEAD /v2/proxy/nginx/manifests/1?ns=docker.io HTTP/1.1\r\n"
      "Host: router:8080\r\nAccept: a\r\nX-Odd:  \t spaced out \t\r\naccept: b\r\nEmpty:\r\n\r\n";
  RequestHead head;
  REQUIRE(parse_request_head(bytes, head));
  CHECK(head.method == "HEAD");
  CHECK(head.target == "/v2/proxy/nginx/manifests/1?ns=docker.io");
  CHECK(head.target.data() >= bytes.data());
  CHECK(head.target.data() < bytes.data() + bytes.size());
  CHECK(head.fields.size() == 5);
  CHECK(head.fields.get("hOST") == "router:8080");
  CHECK(head.fields.get("x-odd") == "spaced out");
  CHECK(head.fields.all("Accept") == std::vector<std::string_view>{"a", "b"});
  CHECK(head.fields.has("empty"));
  CHECK_FALSE(head.fields.has("Authorization"));
  CHECK(head.fields.get("Authorization").empty());
}

TEST_CASE("a head is used again without what it held") {
  RequestHead head;
  REQUIRE(parse_request_head(request("Content-Length: 7\r\nX-One: 1\r\n"), head));
  CHECK(head.framing == Framing::length);
  const std::string second = request("");
  REQUIRE(parse_request_head(second, head));
  CHECK(head.framing == Framing::none);
  CHECK(head.content_length == 0);
  CHECK(head.fields.size() == 1);
}

TEST_CASE("how a request's body ends, and whether its connection goes on") {
  struct Row {
    std::string bytes;
    Framing framing;
    std::uint64_t length;
    bool keep_alive;
  };
  const std::vector<Row> rows = {
      {request(""), Framing::none, 0, true},
      {request("Content-Length: 0\r\n"), Framing::none, 0, true},
      {request("Content-Length: 5\r\n"), Framing::length, 5, true},
      {request("content-LENGTH: \t5 \r\n"), Framing::length, 5, true},
      {request("Content-Length: 4294967296\r\n"), Framing::length, 4294967296, true},
      {request("Transfer-Encoding: chunked\r\n"), Framing::chunked, 0, true},
      {request("Transfer-Encoding:\tChunked\r\n"), Framing::chunked, 0, true},
      {request("Connection: close\r\n"), Framing::none, 0, false},
      {request("Connection: x, CLOSE\r\n"), Framing::none, 0, false},
      {request("Connection: x\r\nConnection: close\r\n"), Framing::none, 0, false},
      {request("Connection: keep-alive\r\n"), Framing::none, 0, true},
      {"GET / HTTP/1.0\r\n\r\n", Framing::none, 0, false},
      {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", Framing::none, 0, false},
      {"PUT / HTTP/1.0\r\nContent-Length: 2\r\n\r\n", Framing::length, 2, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    RequestHead head;
    REQUIRE(parse_request_head(row.bytes, head));
    CHECK(head.framing == row.framing);
    CHECK(head.content_length == row.length);
    CHECK(head.keep_alive == row.keep_alive);
  }
}

TEST_CASE("a byte that ends a line, or a text, in the wrong place is found in every place") {
  const std::string clean =
      request("Accept: application/vnd.oci.image.index.v1+json\r\nX-One: 1\r\n");
  RequestHead head;
  REQUIRE(parse_request_head(clean, head));
  for (std::size_t at = 0; at < clean.size(); ++at) {
    CAPTURE(at);
    for (const char wrong : {'\0', '\r', '\n'}) {
      std::string bytes = clean;
      if (bytes[at] == wrong) continue;
      bytes[at] = wrong;
      CHECK_FALSE(parse_request_head(bytes, head));
    }
    for (const char blank : {' ', '\t'}) {
      if (at == 0 || clean[at - 1] != '\n') continue;
      std::string folded = clean;
      folded.insert(at, 1, blank);
      CHECK_FALSE(parse_request_head(folded, head));
    }
  }
}

TEST_CASE("whatever two servers could read differently is refused") {
  const std::vector<std::string> rows = {
      // two opinions about where the body ends
      request("Content-Length: 5\r\nContent-Length: 5\r\n"),
      request("Content-Length: 5\r\nContent-Length: 6\r\n"),
      request("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
      request("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
      request("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"),
      request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      request("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
      request("Transfer-Encoding: gzip, chunked\r\n"),
      request("Transfer-Encoding: chunked, chunked\r\n"),
      request("Transfer-Encoding: chunked, identity\r\n"),
      request("Transfer-Encoding: identity\r\n"),
      request("Transfer-Encoding: xchunked\r\n"),
      request("Transfer-Encoding: chunked;q=1\r\n"),
      request("Transfer-Encoding: \"chunked\"\r\n"),
      request("Transfer-Encoding: \vchunked\r\n"),
      request("Transfer-Encoding:\r\n"),
      "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      // lengths that are no numbers
      request("Content-Length: 5, 5\r\n"),
      request("Content-Length: +5\r\n"),
      request("Content-Length: -5\r\n"),
      request("Content-Length: 0x5\r\n"),
      request("Content-Length: 5 5\r\n"),
      request("Content-Length: 5a\r\n"),
      request("Content-Length: 18446744073709551616\r\n"),
      request("Content-Length:\r\n"),
      // names that another server may read as the ones above
      request("Content-Length : 5\r\n"),
      request("Transfer-Encoding : chunked\r\n"),
      request("Transfer-Encoding\t: chunked\r\n"),
      request(" Content-Length: 5\r\n"),
      request("X: 1\r\n Content-Length: 5\r\n"),
      request("X: 1\r\n\tmore\r\n"),
      request("X\x01: 1\r\n"),
      request("X(: 1\r\n"),
      request(": 1\r\n"),
      request("no colon\r\n"),
      // line ends
      "GET / HTTP/1.1\nHost: a\n\n",
      "GET / HTTP/1.1\r\nHost: a\n\r\n",
      "GET / HTTP/1.1\nHost: a\r\n\r\n",
      request("X: 1\nContent-Length: 5\r\n"),
      request("X: 1\rContent-Length: 5\r\n"),
      request("X: 1\r\r\n"),
      "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\n\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      // bytes that have no place in a head
      request("X: a\0b\r\n"s),
      request("X\0: a\r\n"s),
      "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s,
      request("X: a\x01\r\n"),
      request("X: a\x7f\r\n"),
      // request lines
      " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / x HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n",
      "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\r\nHost: a\r\n\r\n",
      "GET / http/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\n",
      // whom it is for
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET http:///v2/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://a\"b/v2/ HTTP/1.1\r\nHost: a\r\n\r\n",
      // who asks
      request("Authorization: Basic YTph\r\nAuthorization: Basic YTph\r\n"),
      request("Authorization: Basic YTph\r\nauthorization:\r\n"),
      // not one whole head
      "",
      "GET / HTTP/1.1\r\nHost: a\r\n",
      request("") + "GET",
  };
  for (const std::string& bytes : rows) {
    CAPTURE(bytes);
    RequestHead head;
    const auto parsed = parse_request_head(bytes, head);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == base::Errc::invalid);
    CHECK_FALSE(parsed.error().detail.empty());
  }
}

TEST_CASE("a head may be 32 KiB, have 100 fields and a target of 8 KiB, and no more") {
  RequestHead head;
  CHECK(parse_request_head(padded_request(max_head_bytes), head));
  CHECK(parse_request_head(request_with_fields(max_fields), head));
  CHECK(head.fields.size() == max_fields);
  const auto with_target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  const std::string longest = with_target(max_target_bytes);
  CHECK(parse_request_head(longest, head));
  CHECK(head.target.size() == max_target_bytes);
  for (const std::string& bytes :
       {padded_request(max_head_bytes + 1), request_with_fields(max_fields + 1),
        with_target(max_target_bytes + 1)}) {
    const auto parsed = parse_request_head(bytes, head);
    REQUIRE_FALSE(parsed);
    const bool long_target = bytes == with_target(max_target_bytes + 1);
    CHECK(parsed.error().code ==
          (long_target ? base::Errc::target_too_long : base::Errc::too_large));
  }
}

TEST_CASE("an absolute target is one of origin form, and its authority the Host") {
  const auto with_target = [](const std::string& target, const std::string& fields) {
    return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
  };
  struct Row {
    std::string target, origin_form, host;
  };
  const std::vector<Row> rows = {{"http://r:80/v2/?ns=a", "/v2/?ns=a", "r:80"},
                                 {"HTTP://r/readyz", "/readyz", "r"},
                                 {"https://[::1]:5000/v2/", "/v2/", "[::1]:5000"},
                                 {"http://r", "/", "r"},
                                 {"/v2/a@b", "/v2/a@b", "other"},
                                 {"http://r/v2/a@b", "/v2/a@b", "r"},
                                 {"*", "*", "other"}};
  for (const Row& row : rows) {
    CAPTURE(row.target);
    RequestHead head;
    const std::string bytes = with_target(row.target, "Host: other\r\n");
    REQUIRE(parse_request_head(bytes, head));
    CHECK(head.target == row.origin_form);
    CHECK(head.fields.get("Host") == row.host);
    CHECK(head.fields.size() == 1);
  }
  RequestHead old;
  REQUIRE(parse_request_head("GET http://r/v2/ HTTP/1.0\r\n\r\n", old));
  CHECK(old.version == 10);
  CHECK(old.fields.get("Host") == "r");
}

TEST_CASE("a user in a target is refused, and his password told to nobody") {
  for (const std::string target :
       {"http://alice:Secret-1@r/v2/", "ftp://alice:Secret-1@r/v2/", "alice:Secret-1@r:443"}) {
    CAPTURE(target);
    RequestHead head;
    const auto parsed = parse_request_head("GET " + target + " HTTP/1.1\r\nHost: r\r\n\r\n", head);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == base::Errc::invalid);
    CHECK(parsed.error().detail.find("Secret-1") == std::string::npos);
  }
}

TEST_CASE("an empty line in front of a head is skipped") {
  const std::string bytes = "\r\n" + request("");
  CHECK(head_size(bytes.substr(0, 2)) == 0);
  CHECK(head_size(bytes) == bytes.size());
  RequestHead head;
  CHECK(parse_request_head(bytes, head));
  CHECK(head.target == "/v2/");
}

TEST_CASE("a head ends at its first blank line") {
  CHECK(head_size("") == 0);
  CHECK(head_size("GET / HTTP/1.1\r\nHost: a\r\n\r") == 0);
  CHECK(head_size("GET / HTTP/1.1\nHost: a\n") == 0);
  const std::string one = request("");
  CHECK(head_size(one) == one.size());
  CHECK(head_size(one + one + "body") == one.size());
}

TEST_CASE("a head with bare LF has its end too, so that it is refused at once") {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\nHost: a\n\n"), std::string("GET / HTTP/1.1\nHost: a\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: a\r\n\n")}) {
    CAPTURE(bytes);
    CHECK(head_size(bytes) == bytes.size());
    CHECK(head_size(bytes + "body") == bytes.size());
    RequestHead head;
    CHECK(parse_request_head(bytes, head).error().code == base::Errc::invalid);
  }
}

TEST_CASE("tokens in a comma-separated value are compared whole and without case") {
  CHECK(lists_token("close", "close"));
  CHECK(lists_token("x ,\tClose , y", "close"));
  CHECK(lists_token(",,close", "close"));
  CHECK_FALSE(lists_token("", "close"));
  CHECK_FALSE(lists_token("closed", "close"));
  CHECK_FALSE(lists_token("not close", "close"));
  CHECK(equal_ignoring_case("ABCz", "abcZ"));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("[", "{"));
}
