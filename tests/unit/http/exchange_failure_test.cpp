#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include <doctest/doctest.h>

#include "unit/http/upstream_world.hpp"

using namespace harbor_router;
using namespace harbor_router::http;
using namespace harbor_router::testing;
using namespace std::chrono_literals;
using base::Errc;

namespace {

Script reads_and_closes() {
  return [](Peer& peer) { peer.read_head(); };
}
Script reads_and_keeps_silent() {
  return answers_and_stays({""});
}

}  // namespace

TEST_CASE("a kept connection that died meanwhile is replaced at no cost") {
  ScriptedServer server({answers({counted("one")}), answers_and_stays({counted("two")})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "one");
  CHECK(world.get().value() == "two");
  CHECK(server.accepted() == 2);
}

TEST_CASE("a kept connection closed in answer to a request is replaced too") {
  ScriptedServer server({answers({counted("one"), ""}), answers_and_stays({counted("two")})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "one");
  CHECK(world.get().value() == "two");
  CHECK(server.accepted() == 2);
}

TEST_CASE("a kept connection given up with 408 is replaced, a new one's 408 is its answer") {
  const std::string given_up =
      "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
      "Content-Length: 4\r\n\r\nidle";
  ScriptedServer server(
      {answers({counted("one"), given_up}), answers({counted("two")}), answers({given_up})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "one");
  CHECK(world.get().value() == "two");
  CHECK(world.get().value() == "idle");
  CHECK(server.accepted() == 3);
}

TEST_CASE("once a byte of the answer has come the request is not sent again") {
  ScriptedServer server(
      {answers({counted("one"), "HTTP/1.1 200 OK\r\n"}), answers_and_stays({counted("two")})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "one");
  CHECK(world.get().error().code == Errc::closed);
  CHECK(server.accepted() == 1);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("a new connection that is closed without an answer is a failure") {
  ScriptedServer server({reads_and_closes(), answers({counted("never")})});
  UpstreamWorld world(server.port());
  CHECK(world.get().error().code == Errc::closed);
  CHECK(server.accepted() == 1);
}

TEST_CASE("a request that is not taken in time is a timeout, and not sent again") {
  std::promise<void> over;
  const Script answers_and_reads_no_more = [&over](Peer& peer) {
    peer.read_head();
    peer.send(counted("one"));
    over.get_future().wait();
  };
  ScriptedServer server({answers_and_reads_no_more, answers_and_stays({counted("never")})});
  UpstreamWorld world(server.port());
  CHECK(world.get().value() == "one");
  Exchange exchange(world.pool, world.buffers);
  const std::string large = "GET / HTTP/1.1\r\nX: " + std::string(64 << 20, 'x');
  const auto started = world.start(exchange, large, RequestMethod::get, base::Clock::now() + 100ms);
  CHECK(started.error().code == Errc::timeout);
  CHECK(server.accepted() == 1);
  over.set_value();
}

TEST_CASE("no answer in time is a timeout, on a new connection and on a kept one") {
  std::atomic<int> unanswered = 0;
  const Script keeps_silent = [&unanswered](Peer& peer) {
    peer.read_head();
    ++unanswered;
    peer.wait_until_closed();
  };
  const Script answers_once = [&keeps_silent](Peer& peer) {
    peer.read_head();
    peer.send(counted("one"));
    keeps_silent(peer);
  };
  ScriptedServer server(
      {keeps_silent, answers_once, answers_and_stays({counted("not asked again")})});
  UpstreamWorld world(server.port());
  // Time is over once the request has come, so that it is the answer that is late.
  const auto failure_of = [&](Exchange& exchange, int number) {
    Running<base::Result<void>> starting(world.context,
                                         exchange.start(get_request, RequestMethod::get, soon()));
    run_until(world.context, [&] { return unanswered == number || starting.done(); });
    world.deadlines.sweep(soon() + 1s);
    return starting.get().error().code;
  };
  Exchange first(world.pool, world.buffers);
  CHECK(failure_of(first, 1) == Errc::timeout);
  CHECK(world.get().value() == "one");
  Exchange second(world.pool, world.buffers);
  CHECK(failure_of(second, 2) == Errc::timeout);
  CHECK(server.accepted() == 2);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("a body that stops coming is a timeout, read whole or in pieces") {
  const std::string stopped = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
  ScriptedServer server({answers_and_stays({stopped}), answers_and_stays({stopped})});
  UpstreamWorld world(server.port());
  Exchange whole(world.pool, world.buffers), pieces(world.pool, world.buffers);
  REQUIRE(world.start(whole));
  CHECK(world.read_all(whole, 1000, base::Clock::now() + 30ms).error().code == Errc::timeout);
  REQUIRE(world.start(pieces));
  auto piece = run(world.context, pieces.read_some(60s));
  if (piece && std::string_view(piece->data(), piece->size()) == "half")
    piece = run(world.context, pieces.read_some(30ms));
  CHECK(piece.error().code == Errc::timeout);
}

TEST_CASE("an endless trickle does not outlive the deadline of the whole") {
  ScriptedServer server({[](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    peer.send(std::string(1000, 'x'));
    peer.wait_until_closed();
  }});
  UpstreamWorld world(server.port());
  Exchange exchange(world.pool, world.buffers);
  REQUIRE(world.start(exchange));
  CHECK(world.read_all(exchange, 2'000'000, base::Clock::now() + 30ms).error().code ==
        Errc::timeout);
}

TEST_CASE("an exchange aborted while it waits is cancelled, not failed") {
  ScriptedServer server({reads_and_keeps_silent(), answers_and_stays({"HTTP/1.1 200 OK\r\n\r\n"})});
  UpstreamWorld world(server.port());
  {
    Exchange exchange(world.pool, world.buffers);
    Running<base::Result<void>> starting(world.context,
                                         exchange.start(get_request, RequestMethod::get, soon()));
    run_until(world.context, [&] { return server.accepted() == 1; });
    exchange.abort();
    CHECK(starting.get().error().code == Errc::cancelled);
  }
  {
    Exchange exchange(world.pool, world.buffers);
    REQUIRE(world.start(exchange));
    Running<base::Result<std::string_view>> reading(world.context, exchange.read_all(1000, soon()));
    while (world.context.poll() != 0) {
    }
    CHECK_FALSE(reading.done());
    exchange.abort();
    CHECK(reading.get().error().code == Errc::cancelled);  // though its body ends with a close
  }
  CHECK(world.pool.open() == 0);
  CHECK(world.pool.idle() == 0);
}

TEST_CASE("an exchange aborted before it starts sends nothing") {
  ScriptedServer server({[](Peer& peer) { CHECK(peer.read_head().empty()); }});
  UpstreamWorld world(server.port());
  {
    Exchange exchange(world.pool, world.buffers);
    exchange.abort();
    CHECK(world.start(exchange).error().code == Errc::cancelled);
  }
  CHECK(world.pool.open() == 0);
}
