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

constexpr auto get = RequestMethod::get;
constexpr auto head_method = RequestMethod::head;

std::string answer(std::string_view status, std::string_view fields) {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields) + "\r\n";
}

}  // namespace

TEST_CASE("an answer's head gives status and fields") {
  ResponseHead head;
  const std::string bytes = answer("429 Too Many Requests", "Retry-After: 3\r\nWarning: a\r\n");
  REQUIRE(parse_response_head(bytes, get, head));
  CHECK(head.status == 429);
  CHECK(head.fields.get("retry-after") == "3");
  CHECK_FALSE(head.has_content_length);
  REQUIRE(parse_response_head("HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n", get, head));
  CHECK(head.status == 200);
  CHECK(head.fields.size() == 1);
}

TEST_CASE("where an answer's body ends depends on its request, status and fields") {
  struct Row {
    RequestMethod method;
    std::string bytes;
    Framing framing;
    std::uint64_t length, announced;
  };
  const std::string counted = "Content-Length: 7\r\n", chunked = "Transfer-Encoding: chunked\r\n";
  const std::vector<Row> rows = {
      {get, answer("200 OK", counted), Framing::length, 7, 7},
      {get, answer("200 OK", "Content-Length: 0\r\n"), Framing::none, 0, 0},
      {get, answer("200 OK", chunked), Framing::chunked, 0, 0},
      {get, answer("200 OK", ""), Framing::until_close, 0, 0},
      {get, answer("404 Not Found", counted), Framing::length, 7, 7},
      {get, answer("206 Partial Content", counted), Framing::length, 7, 7},
      {get, answer("307 Temporary Redirect", "Location: /x\r\n"), Framing::until_close, 0, 0},
      {head_method, answer("200 OK", counted), Framing::none, 0, 7},
      {head_method, answer("200 OK", chunked), Framing::none, 0, 0},
      {head_method, answer("200 OK", ""), Framing::none, 0, 0},
      {head_method, answer("404 Not Found", counted), Framing::none, 0, 7},
      {get, answer("204 No Content", ""), Framing::none, 0, 0},
      {get, answer("304 Not Modified", counted), Framing::none, 0, 7},
      {get, answer("304 Not Modified", ""), Framing::none, 0, 0},
      {get, answer("100 Continue", ""), Framing::none, 0, 0},
      {get, answer("103 Early Hints", "Link: </a>\r\n"), Framing::none, 0, 0},
      {get, answer("200 OK", "Content-Length: 10737418240\r\n"), Framing::length, 10737418240,
       10737418240},
      {get, "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n", Framing::length, 7, 7},
      {get, "HTTP/1.0 200 OK\r\n\r\n", Framing::until_close, 0, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CAPTURE(static_cast<int>(row.method));
    ResponseHead head;
    REQUIRE(parse_response_head(row.bytes, row.method, head));
    CHECK(head.framing == row.framing);
    CHECK(head.content_length == row.length);
    CHECK(head.announced_length == row.announced);
    CHECK(head.has_content_length == head.fields.has("Content-Length"));
  }
}

TEST_CASE("when an answer's connection may carry another request") {
  struct Row {
    std::string bytes;
    bool keep_alive;
  };
  const std::string length = "Content-Length: 1\r\n";
  const std::vector<Row> rows = {
      {answer("200 OK", length), true},
      {answer("200 OK", length + "Connection: keep-alive\r\n"), true},
      {answer("200 OK", length + "Connection: close\r\n"), false},
      {answer("200 OK", length + "connection: a, Close\r\n"), false},
      {answer("200 OK", length + "Connection: a\r\nConnection: close\r\n"), false},
      {answer("200 OK", ""), false},  // its end is the connection's
      {answer("204 No Content", ""), true},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n", true},
      // RFC 9112 section 6.1: a transfer coding in HTTP/1.0 makes the framing doubtful
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    ResponseHead head;
    REQUIRE(parse_response_head(row.bytes, get, head));
    CHECK(head.keep_alive == row.keep_alive);
  }
}

TEST_CASE("answers whose end is in doubt, or that are not HTTP/1, are refused") {
  const std::vector<std::string> rows = {
      answer("200 OK", "Content-Length: 5\r\nContent-Length: 5\r\n"),
      answer("200 OK", "Content-Length: 5\r\nContent-Length: 6\r\n"),
      answer("200 OK", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
      answer("200 OK", "Transfer-Encoding: gzip, chunked\r\n"),
      answer("200 OK", "Transfer-Encoding: gzip\r\n"),
      answer("200 OK", "Content-Length: -1\r\n"),
      answer("200 OK", "Content-Length: 5, 5\r\n"),
      answer("200 OK", "Content-Length: 99999999999999999999\r\n"),
      answer("200 OK", "X: 1\r\n folded\r\n"),
      answer("200 OK", "X: 1\nY: 2\r\n"),
      answer("200 OK", "X: 1\rY: 2\r\n"),
      answer("200 OK", "X: \0\r\n"s),
      answer("200 OK", "Content-Length : 5\r\n"),
      "HTTP/1.1 200 OK\n\n",
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 abc OK\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      "<html></html>\r\n\r\n",
      "",
      "HTTP/1.1 200 OK\r\n",
  };
  for (const std::string& bytes : rows) {
    CAPTURE(bytes);
    ResponseHead head;
    const auto parsed = parse_response_head(bytes, get, head);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == base::Errc::protocol);
  }
}

TEST_CASE("an answer's head is bounded too") {
  ResponseHead head;
  std::string fields;
  for (std::size_t i = 0; i <= max_fields; ++i) fields += "X: 1\r\n";
  CHECK(parse_response_head(answer("200 OK", fields), get, head).error().code ==
        base::Errc::too_large);
  const std::string wide = "X: " + std::string(max_head_bytes, 'x') + "\r\n";
  CHECK(parse_response_head(answer("200 OK", wide), get, head).error().code ==
        base::Errc::too_large);
}
