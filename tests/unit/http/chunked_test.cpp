#include "harbor_router/http/chunked.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace harbor_router::http;
using namespace std::string_view_literals;

namespace {

struct Decoded {
  std::string body;
  std::string left_over;  // given after the end
  bool done = false;
  bool bad = false;
};

Decoded decode(const std::vector<std::string>& pieces) {
  ChunkedDecoder decoder;
  Decoded result;
  for (std::string piece : pieces) {
    const auto step = decoder.decode(piece);
    result.body += piece.substr(0, step.produced);
    if (step.bad) {
      result.bad = true;
      break;
    }
    CHECK(step.produced <= step.consumed);
    CHECK((step.consumed == piece.size() || decoder.done()));
    result.left_over += piece.substr(step.consumed);
  }
  result.done = decoder.done();
  return result;
}

const std::string message =
    "5\r\nhello\r\n"
    "A ; name=value\r\n0123456789\r\n"
    "00c;q=\"x\"\r\n, \r\n0\r\nworld\r\n"
    "0;last\r\nX-Trailer: 1\r\nDigest: abc\r\n\r\n";
const std::string body = "hello0123456789, \r\n0\r\nworld";

}  // namespace

TEST_CASE("a chunked message decodes the same however it is cut") {
  CHECK(decode({message}).body == body);
  for (std::size_t first = 0; first <= message.size(); ++first)
    for (std::size_t second = first; second <= message.size(); ++second) {
      const Decoded decoded =
          decode({message.substr(0, first), message.substr(first, second - first),
                  message.substr(second)});
      if (decoded.body == body && decoded.done && !decoded.bad && decoded.left_over.empty())
        continue;
      CAPTURE(first);
      CAPTURE(second);
      FAIL_CHECK("decoded as \"" << decoded.body << '"');
    }
  std::vector<std::string> bytes;
  for (const char c : message) bytes.emplace_back(1, c);
  const Decoded decoded = decode(bytes);
  CHECK(decoded.body == body);
  CHECK(decoded.done);
}

TEST_CASE("it is done at the last byte, not before and not after") {
  for (std::size_t size = 0; size < message.size(); ++size) {
    const Decoded decoded = decode({message.substr(0, size)});
    CHECK_FALSE(decoded.done);
    CHECK_FALSE(decoded.bad);
  }
  const Decoded decoded = decode({message + "HTTP/1.1 200 OK"});
  CHECK(decoded.done);
  CHECK(decoded.body == body);
  CHECK(decoded.left_over == "HTTP/1.1 200 OK");
  CHECK(decode({"0\r\n\r\n"}).done);
  CHECK(decode({"000\r\n\r\n"}).done);
}

TEST_CASE("broken chunks are noticed, whole or byte by byte") {
  const std::vector<std::string_view> broken = {"x\r\n",
                                                "\r\n",
                                                "-1\r\n",
                                                "+1\r\n",
                                                "0x1\r\na",
                                                " 1\r\na",
                                                ";a\r\n",
                                                "1\na\n",
                                                "1\r\nab",
                                                "1\r\na\n",
                                                "1\r\na\rb",
                                                "1\r\na\r\n\r\n",
                                                "1\rx",
                                                "1;a\nb",
                                                "1;a\rb",
                                                "1 \n",
                                                "1_0\r\n",
                                                "0\r\n\n",
                                                "0\r\n\rx",
                                                "0\r\nX: 1\n",
                                                "0\r\nX: 1\rx",
                                                "1 a\r\n",
                                                "1 6\r\n",
                                                "1 \r\n",
                                                "1;a\x01\r\n",
                                                "1;a\x7f\r\n",
                                                "0\r\nno colon\r\n",
                                                "0\r\nX : 1\r\n",
                                                "0\r\n: 1\r\n",
                                                "0\r\nX: 1\r\n folded\r\n",
                                                "0\r\nX: \x01\r\n",
                                                "0\r\n\tX: 1\r\n",
                                                "1;a\0b\r\n"sv,
                                                "0\r\nX: a\0b\r\n"sv,
                                                "g",
                                                "1000000000000000\r\n",
                                                "0000000000000000\r\n"};
  for (const std::string_view text : broken) {
    CAPTURE(text);
    CHECK(decode({std::string(text)}).bad);
    std::vector<std::string> bytes;
    for (const char c : text) bytes.emplace_back(1, c);
    CHECK(decode(bytes).bad);
  }
}

TEST_CASE("the largest chunk size that fits is taken as it is") {
  const Decoded decoded = decode({"fffffffffffffff\r\nabc"});
  CHECK(decoded.body == "abc");
  CHECK_FALSE(decoded.bad);
  CHECK_FALSE(decoded.done);
}

TEST_CASE("extensions and trailers are bounded together, over the whole message") {
  const std::string long_extension = "1;" + std::string(17 * 1024, 'x') + "\r\na\r\n0\r\n\r\n";
  CHECK(decode({long_extension}).bad);
  CHECK(decode({"0\r\nX: " + std::string(17 * 1024, 'x') + "\r\n\r\n"}).bad);
  std::string many_chunks, many_trailers = "0\r\n";
  for (int i = 0; i < 20'000; ++i) {
    many_chunks += "1;\r\na\r\n";
    many_trailers += "X:\r\n";
  }
  CHECK(decode({many_chunks + "0\r\n\r\n"}).bad);
  CHECK(decode({many_trailers + "\r\n"}).bad);
  CHECK(decode({"1;" + std::string(1024, 'x') + "\r\na\r\n0\r\nX: 1\r\n\r\n"}).done);
}
