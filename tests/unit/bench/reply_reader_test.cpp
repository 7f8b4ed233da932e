#include "bench/reply_reader.hpp"

#include <doctest/doctest.h>

namespace harbor_router::bench {
namespace {

using State = ReplyReader::State;
constexpr auto kGet = http::RequestMethod::get;

class Conversation {
 public:
  explicit Conversation(Verify verify = Verify::digests) : reader(verify) {}
  void asks(http::RequestMethod method = kGet, const oci::Digest* digest = nullptr) {
    reader.begin(method, digest);
  }
  State hears(std::string bytes) { return reader.feed(bytes); }
  // A byte at a time; the last state.
  State hears_slowly(const std::string& bytes) {
    State state = State::more;
    for (const char byte : bytes) {
      REQUIRE(state == State::more);
      state = hears(std::string(1, byte));
    }
    return state;
  }
  ReplyReader reader;
};

std::string answer(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields +
         "\r\n" + body;
}

std::string announcing(const std::string& body) {
  return "Docker-Content-Digest: " + oci::Digest::of(body).str() + "\r\n";
}

TEST_CASE("answers follow each other on one connection, whole or in pieces") {
  Conversation talk;
  for (int round = 0; round < 2; ++round) {
    talk.asks();
    CHECK(talk.hears(answer("hello")) == State::whole);
    CHECK(talk.reader.status() == 200);
    CHECK(talk.reader.keep_alive());
    talk.asks();
    CHECK(talk.hears_slowly(answer("hello")) == State::whole);
    CHECK(talk.reader.received() == answer("hello").size());
  }
}

TEST_CASE("an answer to HEAD ends with its head") {
  Conversation talk;
  talk.asks(http::RequestMethod::head);
  CHECK(talk.hears("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n") == State::whole);
}

TEST_CASE("chunks are followed to their end and no further") {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" +
                              announcing("hello world") +
                              "\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
  Conversation talk;
  talk.asks();
  CHECK(talk.hears(chunked) == State::whole);
  CHECK(talk.reader.verified());
  talk.asks();
  CHECK(talk.hears_slowly(chunked) == State::whole);
  talk.asks();
  CHECK(talk.hears(chunked + "x") == State::bad);
}

TEST_CASE("a body without a length ends with the connection") {
  Conversation talk;
  talk.asks();
  CHECK(talk.hears("HTTP/1.1 200 OK\r\n\r\nhel") == State::more);
  CHECK(talk.hears("lo") == State::more);
  CHECK(talk.reader.ended() == State::whole);
  CHECK_FALSE(talk.reader.keep_alive());
}

TEST_CASE("an interim answer is passed over") {
  Conversation talk;
  talk.asks();
  CHECK(talk.hears("HTTP/1.1 103 Early Hints\r\n\r\n" + answer("hello")) == State::whole);
  CHECK(talk.reader.status() == 200);
  talk.asks();
  CHECK(talk.hears_slowly("HTTP/1.1 103 Early Hints\r\n\r\n" + answer("hello")) == State::whole);
}

TEST_CASE("an end before the answer's own is a closed connection") {
  Conversation talk;
  for (const std::string& part : {std::string(), std::string("HTTP/1.1 200"),
                                  std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi")}) {
    talk.asks();
    if (!part.empty()) CHECK(talk.hears(part) == State::more);
    CHECK(talk.reader.begun() == !part.empty());
    CHECK(talk.reader.ended() == State::bad);
    CHECK(talk.reader.trouble() == Trouble::closed);
  }
}

TEST_CASE("what is no HTTP, or more than was announced, is a protocol error") {
  Conversation talk;
  for (const std::string& bytes : {std::string("\x15\x03\x03 no\r\n\r\n"), answer("hello") + "more",
                                   std::string(http::max_head_bytes + 1, 'x')}) {
    talk.asks();
    CHECK(talk.hears(bytes) == State::bad);
    CHECK(talk.reader.trouble() == Trouble::protocol);
  }
}

TEST_CASE("a lying body is found by the digest asked for") {
  const auto digest = oci::Digest::of("hello");
  Conversation talk;
  talk.asks(kGet, &digest);
  CHECK(talk.hears(answer("hello")) == State::whole);
  CHECK(talk.reader.verified());
  talk.asks(kGet, &digest);
  CHECK(talk.hears_slowly(answer("hellO")) == State::bad);
  CHECK(talk.reader.trouble() == Trouble::digest);
}

TEST_CASE("a tag's body is held against the digest the answer announces") {
  Conversation talk;
  talk.asks();
  CHECK(talk.hears(answer("hello", announcing("hello"))) == State::whole);
  CHECK(talk.reader.verified());
  talk.asks();
  CHECK(talk.hears(answer("hello", announcing("other"))) == State::bad);
  talk.asks();
  CHECK(talk.hears(answer("hello")) == State::whole);  // nothing to hold it against
  CHECK_FALSE(talk.reader.verified());
}

TEST_CASE("error bodies are no content, and nothing is digested unless asked") {
  const auto digest = oci::Digest::of("hello");
  Conversation talk;
  talk.asks(kGet, &digest);
  CHECK(talk.hears("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}") == State::whole);
  Conversation trusting(Verify::nothing);
  trusting.asks(kGet, &digest);
  CHECK(trusting.hears(answer("hellO")) == State::whole);
  CHECK_FALSE(trusting.reader.verified());
}

}  // namespace
}  // namespace harbor_router::bench
