// A body on its way from Harbor to a client, both plain sockets: whole, cut, stalled, or with a
// client that is slow or gone.
#include "harbor_router/http/relay.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "unit/http/upstream_world.hpp"

using namespace harbor_router;
using namespace harbor_router::http;
using namespace harbor_router::testing;
using namespace std::chrono_literals;
using base::Errc;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;
const std::string client_head = "HTTP/1.1 200 OK\r\n\r\n";

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 131 >> 7);
  return bytes;
}

std::string head_for(std::size_t size) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

// A relay from what `world` asks to a client, whose blocking socket is `reader`.
struct Relay {
  UpstreamWorld& world;
  asio::ip::tcp::socket reader{world.context};
  std::optional<Connection> client;
  std::optional<Exchange> exchange;
  std::atomic<std::size_t>* taken = nullptr;  // counts what the client takes

  explicit Relay(UpstreamWorld& of) : world(of) {
    asio::ip::tcp::acceptor acceptor(world.context, {asio::ip::address_v4::loopback(), 0});
    reader.connect(acceptor.local_endpoint());
    Socket socket(world.context.get_executor());
    acceptor.accept(socket);
    client.emplace(std::move(socket), world.deadlines);
    exchange.emplace(world.pool, world.buffers);
    REQUIRE(world.start(*exchange));
  }

  Awaitable<Relayed> body(RelayLimits limits = {}) {
    Relayed relayed{.unsent = client_head};
    co_await relay_body(*exchange, *client, BodyCoding::counted, limits, relayed);
    co_return relayed;
  }
  // What the client gets, up to `most` bytes or the end.
  std::string received(std::size_t most) {
    std::string bytes(most, '\0');
    std::size_t at = 0;
    error_code error;
    while (at < most && !error) {
      at += reader.read_some(asio::buffer(bytes.data() + at, most - at), error);
      set_taken(at);
    }
    set_taken(std::numeric_limits<std::size_t>::max());  // nobody need wait for it any more
    bytes.resize(at);
    return bytes;
  }
  // Runs until the relay waits for a client that takes no more.
  void run_until_client_is_full() {
    run_until(world.context, [this] { return client->deadline.when() != base::TimePoint::max(); });
  }
  void set_taken(std::size_t bytes) const {
    if (taken == nullptr) return;
    *taken = bytes;
    taken->notify_all();
  }
};

// Nothing can be opened while it lives.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const int lowest_free = ::dup(2);
    REQUIRE(lowest_free >= 0);
    ::close(lowest_free);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;

 private:
  rlimit before_{};
};

// A burst that fills a client, and then small pieces, each when he has taken all before it.
Script sends_and_trickles(std::string body, std::size_t burst, std::atomic<std::size_t>& taken) {
  return [body = std::move(body), burst, &taken](Peer& peer) {
    constexpr std::size_t piece = 8 * 1024;
    peer.read_head();
    peer.send(head_for(body.size()) + body.substr(0, burst));
    for (std::size_t at = burst; at < body.size(); at += piece) {
      for (std::size_t seen = taken; seen < client_head.size() + at; seen = taken) taken.wait(seen);
      peer.send(std::string_view(body).substr(at, piece));
    }
    peer.wait_until_closed();
  };
}

}  // namespace

TEST_CASE("a large body reaches the client whole, and the connection is kept for the next") {
  const std::string body = pattern(20 * mebibyte + 12345);
  ScriptedServer server({answers_and_stays({counted(body), counted("next")})});
  UpstreamWorld world(server.port());
  {
    Relay relay(world);
    std::string received;
    std::thread reading([&] { received = relay.received(client_head.size() + body.size()); });
    const Relayed relayed = run(world.context, relay.body());
    reading.join();
    CHECK(relayed.whole());
    CHECK(relayed.bytes == body.size());
    CHECK(received == client_head + body);
  }
  CHECK(world.pool.idle() == 1);
  CHECK(world.get().value() == "next");
  CHECK(server.accepted() == 1);
}

TEST_CASE(
    "the deadline of the question is over with the head: a body takes as long as its client") {
  const std::string body = pattern(3 * mebibyte);
  ScriptedServer server({answers_and_stays({counted(body)})});
  UpstreamWorld world(server.port());
  Relay relay(world);
  world.deadlines.sweep(soon() + 1s);
  std::string received;
  std::thread reading([&] { received = relay.received(client_head.size() + body.size()); });
  const Relayed relayed = run(world.context, relay.body());
  relay.client->close();
  reading.join();
  CHECK(relayed.whole());
  CHECK(received == client_head + body);
}

TEST_CASE("where the kernel gives no pipe the body is copied, whole all the same") {
  const std::string body = pattern(5 * mebibyte + 1);
  ScriptedServer server({answers_and_stays({counted(body)})});
  UpstreamWorld world(server.port());
  {
    Relay relay(world);
    std::string received;
    std::thread reading([&] { received = relay.received(client_head.size() + body.size()); });
    Relayed relayed;
    {
      const NoMoreFiles no_more_files;
      relayed = run(world.context, relay.body());
    }
    reading.join();
    CHECK(relayed.whole());
    CHECK(relayed.bytes == body.size());
    CHECK(received == client_head + body);
  }
  CHECK(world.pool.idle() == 1);
}

TEST_CASE("a cut while the client is full is found once it has read, to the byte") {
  const std::string body = pattern(32 * mebibyte);
  ScriptedServer server({answers({head_for(body.size() + 1) + body})});
  UpstreamWorld world(server.port());
  Relay relay(world);
  Running<Relayed> relaying(world.context, relay.body());
  relay.run_until_client_is_full();
  CHECK_FALSE(relaying.done());
  std::string received;
  std::thread reading([&] { received = relay.received(client_head.size() + body.size()); });
  const Relayed relayed = relaying.get();
  reading.join();
  REQUIRE(relayed.upstream_failed);
  CHECK(relayed.upstream_failed->code == Errc::closed);
  CHECK_FALSE(relayed.client_failed);
  CHECK(relayed.bytes == body.size());
  CHECK(received == client_head + body);
}

TEST_CASE("what trickles after a burst is relayed as it comes, though the client was full") {
  constexpr std::size_t burst = 32 * mebibyte;
  const std::string body = pattern(burst + 400 * 1024);
  std::atomic<std::size_t> taken = 0;
  ScriptedServer server({sends_and_trickles(body, burst, taken)});
  UpstreamWorld world(server.port());
  Relay relay(world);
  relay.taken = &taken;
  Running<Relayed> relaying(world.context, relay.body({.read_timeout = 30s}));
  relay.run_until_client_is_full();
  std::string received;
  std::thread reading([&] { received = relay.received(client_head.size() + body.size()); });
  const Relayed relayed = relaying.get();
  relay.client->close();
  reading.join();
  CHECK(relayed.whole());
  CHECK(received == client_head + body);
}

TEST_CASE("Harbor's silence in the midst of a body is a timeout, with what came before relayed") {
  const std::string part = pattern(3 * mebibyte);
  ScriptedServer server({answers_and_stays({head_for(4 * mebibyte) + part})});
  UpstreamWorld world(server.port());
  Relay relay(world);
  std::atomic<std::size_t> taken = 0;
  relay.taken = &taken;
  Running<Relayed> relaying(world.context, relay.body({.read_timeout = 30s}));
  std::string received;
  std::thread reading([&] { received = relay.received(client_head.size() + part.size()); });
  // Time is over once the client has it all.
  run_until(world.context,
            [&] { return taken >= client_head.size() + part.size() || relaying.done(); });
  world.deadlines.sweep(base::Clock::now() + 31s);
  const Relayed relayed = relaying.get();
  relay.client->close();
  reading.join();
  REQUIRE(relayed.upstream_failed);
  CHECK(relayed.upstream_failed->code == Errc::timeout);
  CHECK(relayed.bytes == part.size());
  CHECK(received == client_head + part);
}

TEST_CASE("a client that takes nothing is given up, and Harbor's connection closed") {
  const std::string body = pattern(64 * mebibyte);
  ScriptedServer server({answers_and_stays({counted(body)})});
  UpstreamWorld world(server.port());
  {
    Relay relay(world);
    const Relayed relayed = run(world.context, relay.body({.write_timeout = 100ms}));
    CHECK(relayed.client_failed);
    CHECK_FALSE(relayed.upstream_failed);
    CHECK(relayed.bytes < body.size());
  }
  CHECK(world.pool.idle() == 0);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("a client that leaves while it is full ends the relay") {
  const std::string body = pattern(64 * mebibyte);
  ScriptedServer server({answers_and_stays({counted(body)})});
  UpstreamWorld world(server.port());
  Relay relay(world);
  Running<Relayed> relaying(world.context, relay.body());
  relay.run_until_client_is_full();
  CHECK_FALSE(relaying.done());
  relay.reader.close();
  CHECK(relaying.get().client_failed);
}

TEST_CASE("an exchange aborted while the client is full fails once the client reads on") {
  const std::string body = pattern(64 * mebibyte);
  ScriptedServer server({answers_and_stays({counted(body)})});
  UpstreamWorld world(server.port());
  Relay relay(world);
  Running<Relayed> relaying(world.context, relay.body());
  relay.run_until_client_is_full();
  relay.exchange->abort();
  std::thread reading([&] { relay.received(body.size()); });
  const Relayed relayed = relaying.get();
  CHECK(relayed.upstream_failed);
  relay.client->close();
  reading.join();
}

TEST_CASE("so many bytes are taken, behind those dropped, and the rest is left") {
  for (const std::size_t size : {10 * mebibyte, std::size_t{1000}}) {
    CAPTURE(size);
    const std::string body = pattern(size);
    ScriptedServer server({answers_and_stays({counted(body)})});
    UpstreamWorld world(server.port());
    Relay relay(world);
    std::string received;
    std::thread reading([&] { received = relay.received(client_head.size() + size / 2); });
    const Relayed relayed = run(world.context, relay.body({.skip = size / 4, .take = size / 2}));
    reading.join();
    CHECK(relayed.whole());
    CHECK(received == client_head + body.substr(size / 4, size / 2));
  }
}

TEST_CASE("fewer bytes than are to be taken are a failure, be the answer whole") {
  ScriptedServer server({answers({head_for(5) + "bytes"})});
  UpstreamWorld world(server.port());
  Relay relay(world);
  const Relayed relayed = run(world.context, relay.body({.take = 6}));
  REQUIRE(relayed.upstream_failed);
  CHECK(relayed.bytes == 5);
}

TEST_CASE("nothing is sent before the first byte of a body") {
  for (const std::size_t size : {std::size_t{1000}, 10 * mebibyte}) {
    CAPTURE(size);
    ScriptedServer server({answers({head_for(size)})});
    UpstreamWorld world(server.port());
    Relay relay(world);
    const Relayed relayed = run(world.context, relay.body());
    CHECK(relayed.upstream_failed);
    CHECK(relayed.unsent == client_head);
    relay.client->close();
    CHECK(relay.received(1).empty());
  }
}
