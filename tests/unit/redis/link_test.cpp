#include "redis/link.hpp"

#include <chrono>

#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include "redis/client.hpp"
#include "unit/hanging_names.hpp"
#include "unit/http/scripted_server.hpp"
#include "unit/results.hpp"
#include "unit/run.hpp"

using namespace harbor_router;
using namespace harbor_router::redis;
using namespace harbor_router::testing;
using namespace std::chrono_literals;
using base::Errc;

namespace {

constexpr const char* is_master = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n+PONG\r\n";

// One thread of a router with a Redis at this port, or with one of a name that hangs.
struct RedisWorld {
  explicit RedisWorld(std::uint16_t port, std::string host = "127.0.0.1") {
    settings.server = ServerAddress{std::move(host), port};
    deadlines.start();
  }
  ~RedisWorld() { deadlines.stop(); }
  [[nodiscard]] base::Result<std::unique_ptr<Link>> open(base::Duration within = 60s) {
    return run(context, Link::open(surroundings, *settings.server, Link::Peer::server,
                                   base::Clock::now() + within));
  }

  Settings settings;
  http::asio::io_context context{1};
  http::Deadlines deadlines{context};
  const Surroundings surroundings{Thread{context, deadlines, settings, nullptr}};
};

std::shared_ptr<base::RotatingSecret> secret(std::string value) {
  return std::make_shared<base::RotatingSecret>(std::move(value));
}

}  // namespace

TEST_CASE("a password is not told, though a server says back what it was sent") {
  for (const std::string answer :
       {"-ERR unknown command `AUTH`, with args beginning with: `hunter2secret`, \r\n",
        "-ERR unknown command 'AUTH' 'hunter2sec'\r\n",
        "-ERR no such thing as AUTH hunter2secret\r\n", "-hunter2secret is wrong\r\n"}) {
    ScriptedServer server({[&answer](Peer& peer) {
      peer.send(answer);
      peer.wait_until_closed();
    }});
    RedisWorld world(server.port());
    world.settings.password = secret("hunter2secret");
    const auto link = world.open();
    REQUIRE(link.has_error());
    CHECK(link.error().code == Errc::refused_account);
    CHECK(link.error().detail.find("REDIS_PASSWORD") != std::string::npos);
    CHECK_MESSAGE(link.error().detail.find("hunter2") == std::string::npos, link.error().detail);
  }
}

TEST_CASE("why a password is refused is told") {
  ScriptedServer server({[](Peer& peer) {
    peer.send("-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    peer.wait_until_closed();
  }});
  RedisWorld world(server.port());
  world.settings.password = secret("old");
  CHECK(world.open().error().detail.find("WRONGPASS invalid username-password pair") !=
        std::string::npos);
}

TEST_CASE("a name server slower than an attempt is waited for by the next, and asked once") {
  ScriptedServer server({[](Peer& peer) { peer.wait_until_closed(); }});
  HangingNames names;
  RedisWorld world(server.port(), "redis.hangs.test");
  for (int i = 0; i < 3; ++i) CHECK(world.open(20ms).error().code == Errc::resolve_failed);
  CHECK(names.asked() == 1);
  names.let_go();
  CHECK(world.open());
}

TEST_CASE("of a long value that is written again while it waits, the newest alone is sent") {
  std::string sent;
  {
    ScriptedServer server({[&sent](Peer& peer) {
      peer.send(is_master);
      sent = peer.read_head();  // up to the end of the newest list
    }});
    RedisWorld world(server.port());
    world.settings.timeout = 60s;
    bool away = false;  // the script has ended
    Client client(world.surroundings, {.away = [&away](const base::Failure&) { away = true; }});
    const store::WallTime later = store::Now::read().wall + 1h;
    client.replace({.key = "hr:projects", .value = "oldest\r\n\r\n", .until = later});
    client.write({.key = "hr:m:|nginx|", .value = "a mapping", .until = later});
    client.replace({.key = "hr:projects", .value = "older\r\n\r\n", .until = later});
    client.replace({.key = "hr:projects", .value = "newest\r\n\r\n", .until = later});
    http::asio::co_spawn(world.context, client.run(), http::asio::detached);
    run_until(world.context, [&away] { return away; });
  }
  CHECK(sent.find("newest") != std::string::npos);
  CHECK(sent.find("a mapping") != std::string::npos);
  CHECK(sent.find("old") == std::string::npos);
}
