#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "unit/http/upstream_world.hpp"

using namespace harbor_router;
using namespace harbor_router::http;
using namespace harbor_router::testing;
using namespace std::chrono_literals;
using base::Errc;

namespace {

Script sends(std::string bytes) {
  return answers({std::move(bytes)});
}

}  // namespace

TEST_CASE("an answer is read with its body, and its connection kept for the next") {
  ScriptedServer server({answers_and_stays({counted("one"), counted("two"), counted("")})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "one");
  CHECK(world.pool.idle() == 1);
  CHECK(world.get().value() == "two");
  CHECK(world.get().value().empty());
  CHECK(server.accepted() == 1);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("the head is there before the body, and stays while the body is read") {
  const std::string body(300 * 1024, 'b');
  ScriptedServer server({answers_and_stays({counted(body)})});
  UpstreamWorld world(server.port());
  Exchange exchange(world.pool, world.buffers);
  REQUIRE(world.start(exchange));
  CHECK(exchange.head().status == 200);
  CHECK(exchange.head().content_length == body.size());
  CHECK(world.read_pieces(exchange).value() == body);
  CHECK(exchange.head().fields.get("content-length") == std::to_string(body.size()));
}

TEST_CASE("an exchange can be started again, on the connection it has") {
  ScriptedServer server({answers_and_stays({counted("one"), counted("two")})});
  UpstreamWorld world(server.port(), {.max_connections = 1});
  Exchange exchange(world.pool, world.buffers);
  REQUIRE(world.start(exchange));
  CHECK(world.read_all(exchange).value() == "one");
  REQUIRE(world.start(exchange));
  CHECK(world.read_all(exchange).value() == "two");
  CHECK(server.accepted() == 1);
}

TEST_CASE("an answer to HEAD has no body, whatever it announces") {
  ScriptedServer server(
      {answers_and_stays({"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", counted("next")})});
  UpstreamWorld world(server.port());
  {
    Exchange exchange(world.pool, world.buffers);
    REQUIRE(world.start(exchange, head_request, RequestMethod::head));
    CHECK(exchange.head().announced_length == 7);
    CHECK(world.read_all(exchange).value().empty());
  }
  CHECK(world.get().value() == "next");
  CHECK(server.accepted() == 1);
}

TEST_CASE("interim answers are read past") {
  ScriptedServer server(
      {answers_and_stays({"HTTP/1.1 100 Continue\r\n\r\n"
                          "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                          counted("final")})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "final");
}

TEST_CASE("switching protocols, and what is no HTTP, is a protocol failure") {
  for (const std::string bytes :
       {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "220 mail.example ESMTP\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    CAPTURE(bytes);
    ScriptedServer server({sends(bytes)});
    UpstreamWorld world(server.port());
    CHECK(world.get().error().code == Errc::protocol);
    CHECK(world.pool.idle() == 0);
    CHECK(world.pool.open() == 0);
  }
}

TEST_CASE("a head without end is refused") {
  ScriptedServer server({[](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nX: " + std::string(2 * max_head_bytes, 'x'));
    peer.wait_until_closed();
  }});
  UpstreamWorld world(server.port());
  CHECK(world.get().error().code == Errc::protocol);
}

TEST_CASE("a chunked body is decoded, piece by piece or whole, and its connection kept") {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\nX: 1\r\n\r\n";
  ScriptedServer server({answers_and_stays({chunked, chunked})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "hello world");
  {
    Exchange exchange(world.pool, world.buffers);
    REQUIRE(world.start(exchange));
    CHECK(world.read_pieces(exchange).value() == "hello world");
  }
  CHECK(server.accepted() == 1);
  CHECK(world.pool.idle() == 1);
}

TEST_CASE("a body that ends with its connection") {
  ScriptedServer server({sends("HTTP/1.1 200 OK\r\n\r\nuntil the end"),
                         sends("HTTP/1.0 200 OK\r\n\r\n" + std::string(100'000, 'z'))});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "until the end");
  CHECK(world.get().value() == std::string(100'000, 'z'));
  CHECK(world.pool.idle() == 0);
}

TEST_CASE("a body cut short is never taken for a whole one") {
  for (const std::string bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n0\r\n"}) {
    CAPTURE(bytes);
    ScriptedServer server({sends(bytes), sends(bytes)});
    UpstreamWorld world(server.port());
    CHECK(world.get().error().code == Errc::closed);
    {
      Exchange exchange(world.pool, world.buffers);
      REQUIRE(world.start(exchange));
      CHECK(world.read_pieces(exchange).error().code == Errc::closed);
    }
    CHECK(world.pool.idle() == 0);
  }
}

TEST_CASE("a broken chunk ends the body") {
  ScriptedServer server({sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")});
  UpstreamWorld world(server.port());
  CHECK(world.get().error().code == Errc::protocol);
}

TEST_CASE("a body over the limit is not read, counted or not") {
  const std::string large(100'000, 'x');
  ScriptedServer server({sends(counted(large)), sends("HTTP/1.1 200 OK\r\n\r\n" + large),
                         sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" +
                               large + "\r\n0\r\n\r\n"),
                         answers_and_stays({counted("12345")})});
  UpstreamWorld world(server.port());
  for (int i = 0; i < 3; ++i) {
    Exchange exchange(world.pool, world.buffers);
    REQUIRE(world.start(exchange));
    CHECK(world.read_all(exchange, 99'999).error().code == Errc::too_large);
  }
  CHECK(world.pool.open() == 0);
  Exchange exchange(world.pool, world.buffers);
  REQUIRE(world.start(exchange));
  CHECK(world.read_all(exchange, 5).value() == "12345");
}

TEST_CASE("bytes behind an answer's end make its connection useless") {
  ScriptedServer server({answers_and_stays({counted("one") + "HTTP/1.1 200 OK\r\n"}),
                         answers_and_stays({counted("two")})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "one");
  CHECK(world.get().value() == "two");
  CHECK(server.accepted() == 2);
}

TEST_CASE("an answer not read to its end costs its connection") {
  ScriptedServer server({answers_and_stays({counted(std::string(400'000, 'x'))})});
  UpstreamWorld world(server.port());
  {
    Exchange exchange(world.pool, world.buffers);
    REQUIRE(world.start(exchange));
  }
  CHECK(world.pool.idle() == 0);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("Connection: close is heeded") {
  ScriptedServer server(
      {answers_and_stays({"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "x");
  CHECK(world.pool.idle() == 0);
}

TEST_CASE("what is still to come of a counted body can be moved past the exchange") {
  ScriptedServer server({[](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    peer.wait_until_closed();
  }});
  UpstreamWorld world(server.port());
  {
    Exchange exchange(world.pool, world.buffers);
    REQUIRE(world.start(exchange));
    CHECK(exchange.counted_rest() == 4);
    exchange.moved(3);
    CHECK(exchange.counted_rest() == 1);
    exchange.moved(1);
    CHECK(world.read_all(exchange).value().empty());
  }
  CHECK(world.pool.idle() == 1);
}
