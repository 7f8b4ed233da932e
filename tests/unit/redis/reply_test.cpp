#include "redis/reply.hpp"

#include <string>

#include <doctest/doctest.h>

#include "redis/command.hpp"
#include "unit/results.hpp"

using namespace harbor_router;
using namespace harbor_router::redis;

namespace {

std::vector<Reply> all_of(ReplyReader& reader) {
  std::vector<Reply> replies;
  for (;;) {
    auto reply = reader.next();
    REQUIRE(reply);
    if (!*reply) return replies;
    replies.push_back(std::move(**reply));
  }
}

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

}  // namespace

TEST_CASE("replies of every kind") {
  ReplyReader reader;
  reader.feed("+OK\r\n-READONLY no\r\n:-42\r\n$-1\r\n" + bulk(std::string("a\r\nb\0", 5)) +
              "*3\r\n" + bulk("master") + ":7\r\n*1\r\n*2\r\n" + bulk("") + "$-1\r\n*-1\r\n*0\r\n");
  const auto replies = all_of(reader);
  REQUIRE(replies.size() == 8);
  CHECK((replies[0].kind == Reply::Kind::status && replies[0].text == "OK"));
  CHECK(replies[1].is_error("READONLY"));
  CHECK((replies[2].kind == Reply::Kind::integer && replies[2].integer == -42));
  CHECK(replies[3].kind == Reply::Kind::nil);
  CHECK(replies[4].text == std::string("a\r\nb\0", 5));
  REQUIRE(replies[5].elements.size() == 3);
  CHECK(replies[5].elements[0].text == "master");
  CHECK(replies[5].elements[1].integer == 7);
  REQUIRE(replies[5].elements[2].elements.size() == 1);
  CHECK(replies[5].elements[2].elements[0].elements.size() == 2);
  CHECK(replies[6].kind == Reply::Kind::nil);
  CHECK((replies[7].kind == Reply::Kind::array && replies[7].elements.empty()));
}

TEST_CASE("bytes may come one at a time, and stop anywhere") {
  const std::string bytes = "*2\r\n" + bulk("master") + "*1\r\n:1\r\n" + bulk("x");
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    CAPTURE(size);
    ReplyReader reader;
    std::size_t replies = 0;
    for (std::size_t at = 0; at < size; ++at) {
      reader.feed(std::string_view(bytes).substr(at, 1));
      replies += all_of(reader).size();
    }
    CHECK(replies <= 2);
    CHECK((size != bytes.size() || replies == 2));
  }
}

TEST_CASE("what is no reply, too large, too many or too deep ends the reader") {
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "*1\r\n";
  std::string wide = "*1000\r\n";
  for (int i = 0; i < 1000; ++i)
    wide += "*1000\r\n" + [] {
      std::string row;
      for (int j = 0; j < 1000; ++j) row += ":1\r\n";
      return row;
    }();
  for (const std::string& bytes :
       {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("*2000000000\r\n"),
        std::string("*100001\r\n"), std::string("$x\r\n"), std::string(1, '\0') + "\r\n", deep,
        wide}) {
    CAPTURE(bytes.substr(0, 40));
    ReplyReader reader;
    reader.feed(bytes);
    auto reply = reader.next();
    while (reply && *reply) reply = reader.next();
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code == base::Errc::protocol);
    reader.feed("+OK\r\n");
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("a string without an end is not collected for ever") {
  ReplyReader reader;
  reader.feed("$500000000\r\n");
  const std::string piece(1U << 20U, 'x');
  std::size_t fed = 0;
  auto reply = reader.next();
  for (; reply && fed < 100; ++fed) {
    reader.feed(piece);
    reply = reader.next();
  }
  CHECK_FALSE(reply);
  CHECK(fed < 40);
}

TEST_CASE("a command carries its arguments as bytes") {
  CHECK(command({"SET", "a b", std::string_view("\r\n\0", 3), ""}) ==
        std::string("*4\r\n$3\r\nSET\r\n$3\r\na b\r\n$3\r\n\r\n\0\r\n$0\r\n\r\n", 37));
}
