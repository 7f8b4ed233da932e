#include <sys/resource.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "unit/deaf_port.hpp"
#include "unit/http/upstream_world.hpp"

using namespace harbor_router;
using namespace harbor_router::http;
using namespace harbor_router::testing;
using namespace std::chrono_literals;
using base::Errc;

namespace {

Script stays() {
  return [](Peer& peer) { peer.wait_until_closed(); };
}

using Leasing = Running<base::Result<Lease>>;

Lease lease_of(UpstreamWorld& world, Reuse reuse = Reuse::allowed) {
  return run(world.context, world.pool.acquire(reuse, soon())).value();
}

// A name server that answers when the test says so.
struct SlowNames {
  std::vector<Found> asked;
  LookUp look_up() {
    return [this](const std::string&, std::uint16_t, Found found) {
      asked.push_back(std::move(found));
    };
  }
};

Endpoint loopback(std::uint16_t port) {
  return Endpoint(asio::ip::address_v4::loopback(), port);
}

// Until it goes, this process can open no file.
class NoFiles {
 public:
  NoFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoFiles(const NoFiles&) = delete;
  NoFiles& operator=(const NoFiles&) = delete;

 private:
  rlimit before_{};
};

std::uint16_t unused_port() {
  ScriptedServer closed({});
  return closed.port();
}

}  // namespace

TEST_CASE("a connection given back is used again, unless reuse is not wanted") {
  ScriptedServer server({stays(), stays()});
  UpstreamWorld world(server.port());
  Lease first = lease_of(world);
  CHECK_FALSE(first.reused());
  CHECK(world.pool.open() == 1);
  first.give_back();
  CHECK_FALSE(first);
  CHECK(world.pool.idle() == 1);
  Lease again = lease_of(world);
  CHECK(again.reused());
  again.give_back();
  const Lease fresh = lease_of(world, Reuse::never);
  CHECK_FALSE(fresh.reused());
  server.wait_for_connections(2);
}

TEST_CASE("the newest kept connection is taken first, and no more than max_idle are kept") {
  ScriptedServer server({stays(), stays(), stays()});
  UpstreamWorld world(server.port(), {.max_idle = 2});
  Lease a = lease_of(world), b = lease_of(world), c = lease_of(world);
  const Connection* second = &*b;
  a.give_back();
  b.give_back();
  c.give_back();
  CHECK(world.pool.idle() == 2);
  CHECK(&*lease_of(world) == second);
}

TEST_CASE("callers past the limit get their turn in order") {
  ScriptedServer server({stays(), stays()});
  UpstreamWorld world(server.port(), {.max_connections = 1});
  Lease held = lease_of(world);
  Leasing b(world.context, world.pool.acquire(Reuse::allowed, soon()));
  Leasing c(world.context, world.pool.acquire(Reuse::allowed, soon()));
  while (world.context.poll() != 0) {
  }
  CHECK_FALSE(b.done());
  held.give_back();
  Lease second = b.get().value();
  CHECK(second.reused());
  CHECK_FALSE(c.done());
  CHECK(world.pool.open() == 1);
  second.drop();
  Lease third = c.get().value();
  CHECK_FALSE(third.reused());
  CHECK(world.pool.open() == 1);
  server.wait_for_connections(2);
}

TEST_CASE("whoever waits past his deadline is told of the limit, and takes no place along") {
  ScriptedServer server({stays()});
  UpstreamWorld world(server.port(), {.max_connections = 1});
  Lease held = lease_of(world);
  Leasing impatient(world.context, world.pool.acquire(Reuse::allowed, base::Clock::now() + 20ms));
  Leasing patient(world.context, world.pool.acquire(Reuse::allowed, soon()));
  CHECK(impatient.get().error().code == Errc::limited);
  CHECK_FALSE(patient.done());
  held.give_back();
  CHECK(patient.get().has_value());
}

TEST_CASE("a failed connect passes its place on") {
  UpstreamWorld world(unused_port(), {.max_connections = 1});
  Leasing a(world.context, world.pool.acquire(Reuse::allowed, soon()));
  Leasing b(world.context, world.pool.acquire(Reuse::allowed, soon()));
  CHECK(a.get().error().code == Errc::connect_failed);
  CHECK(b.get().error().code == Errc::connect_failed);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("no time left to connect is a timeout, and nobody's refusal") {
  const tests::DeafPort deaf;
  UpstreamWorld world(deaf.port());
  Leasing lease(world.context, world.pool.acquire(Reuse::allowed, base::Clock::now()));
  CHECK(lease.get().error().code == Errc::timeout);
  CHECK(world.pool.open() == 0);
}

TEST_CASE(
    "an address that neither takes nor refuses a connection is told from one slow to answer") {
  const tests::DeafPort deaf;
  UpstreamWorld world(deaf.port());
  Leasing lease(world.context, world.pool.acquire(Reuse::allowed, soon()));
  while (world.context.poll() != 0) {
  }
  CHECK_FALSE(lease.done());  // it is connecting, and then time is over
  world.deadlines.sweep(soon() + 1s);
  CHECK(lease.get().error().code == Errc::connect_timeout);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("an address that refuses is left for another of the same name") {
  // localhost is ::1 and 127.0.0.1 on most machines, and the server listens on the latter only.
  ScriptedServer server({stays(), stays()});
  UpstreamWorld world(server.port(), {}, "localhost");
  const Lease first = lease_of(world), second = lease_of(world);
  CHECK(first->is_open());
  CHECK(second->is_open());
}

TEST_CASE("all addresses of a name are used, and a dead one is skipped") {
  ScriptedServer one({stays(), stays(), stays(), stays()}),
      other({stays(), stays(), stays(), stays()});
  SlowNames names;
  UpstreamWorld world(1, {.names = {.look_up = names.look_up()}}, "harbor.example");
  Leasing first(world.context, world.pool.acquire(Reuse::never, soon()));
  Leasing second(world.context, world.pool.acquire(Reuse::never, soon()));
  while (world.context.poll() != 0) {
  }
  REQUIRE(names.asked.size() == 1);  // one look-up for all who want to connect
  names.asked[0]({}, {loopback(unused_port()), loopback(one.port()), loopback(other.port())});
  std::vector<Lease> leases;
  leases.push_back(first.get().value());
  leases.push_back(second.get().value());
  leases.push_back(lease_of(world, Reuse::never));
  leases.push_back(lease_of(world, Reuse::never));
  std::set<std::uint16_t> used;
  for (Lease& each : leases) used.insert(each->socket().remote_endpoint().port());
  CHECK(used == std::set{one.port(), other.port()});
}

TEST_CASE("a name server that hangs costs nothing while an address is known") {
  ScriptedServer server({stays(), stays(), stays(), stays(), stays()});
  SlowNames names;
  UpstreamWorld world(1, {.names = {.look_up = names.look_up(), .look_up_again_after = 0s}},
                      "harbor.example");
  Leasing first(world.context, world.pool.acquire(Reuse::never, soon()));
  while (world.context.poll() != 0) {
  }
  REQUIRE(names.asked.size() == 1);
  names.asked[0]({}, {loopback(server.port())});
  const Lease held = first.get().value();
  // Each of these is to look the name up again, and ends although that does not.
  for (int i = 0; i < 3; ++i) CHECK(lease_of(world, Reuse::never)->is_open());
  CHECK(names.asked.size() == 2);
  names.asked[1](asio::error::host_not_found, {});  // nor does it when that fails
  CHECK(lease_of(world, Reuse::never)->is_open());
}

TEST_CASE("an address taken out of the name is used no more, though its connections are kept") {
  ScriptedServer one({stays()}), other({stays()});
  SlowNames names;
  UpstreamWorld world(1, {.names = {.look_up = names.look_up()}}, "harbor.example");
  world.deadlines.stop();  // swept by hand
  Leasing first(world.context, world.pool.acquire(Reuse::never, soon()));
  while (world.context.poll() != 0) {
  }
  REQUIRE(names.asked.size() == 1);
  names.asked[0]({}, {loopback(one.port())});
  Lease lease = first.get().value();
  const base::TimePoint now = base::Clock::now();
  world.deadlines.sweep(now + 10s);
  CHECK(names.asked.size() == 1);
  world.deadlines.sweep(now + 31s);
  REQUIRE(names.asked.size() == 2);  // nobody had to connect for it
  names.asked[1]({}, {loopback(other.port())});
  lease.give_back();
  CHECK(world.pool.idle() == 0);
  const Lease next = lease_of(world);
  CHECK(next->socket().remote_endpoint().port() == other.port());
}

TEST_CASE("where a name has several addresses no connection is kept for ever") {
  ScriptedServer one({stays()}), other({stays()});
  SlowNames names;
  UpstreamWorld world(1, {.names = {.look_up = names.look_up()}}, "harbor.example");
  world.deadlines.stop();  // swept by hand
  Leasing first(world.context, world.pool.acquire(Reuse::never, soon()));
  while (world.context.poll() != 0) {
  }
  REQUIRE(names.asked.size() == 1);
  names.asked[0]({}, {loopback(one.port()), loopback(other.port())});
  const base::TimePoint now = base::Clock::now();
  first.get().value().give_back();
  world.deadlines.sweep(now + 10s);
  CHECK(world.pool.idle() == 1);
  world.deadlines.sweep(now + 31s);
  CHECK(world.pool.idle() == 0);
  CHECK(lease_of(world)->socket().remote_endpoint().port() == other.port());
}

TEST_CASE("out of files is told as this system's word, not as Harbor's") {
  UpstreamWorld world(unused_port());
  const auto refused = [&world] {
    const NoFiles no_files;
    return run(world.context, world.pool.acquire(Reuse::never, soon()));
  }();
  CHECK(refused.error().code == Errc::io);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("a name that cannot be looked up is told as that, by the deadline at the latest") {
  SlowNames names;
  UpstreamWorld world(1, {.names = {.look_up = names.look_up()}}, "harbor.example");
  const auto late = run(world.context, world.pool.acquire(Reuse::never, base::Clock::now() + 20ms));
  CHECK(late.error().code == Errc::resolve_failed);
  CHECK(late.error().detail == "harbor.example: no answer in time");
  Leasing waiting(world.context, world.pool.acquire(Reuse::never, soon()));
  while (world.context.poll() != 0) {
  }
  REQUIRE(names.asked.size() == 1);
  names.asked[0](asio::error::host_not_found, {});
  CHECK(waiting.get().error().code == Errc::resolve_failed);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("a pool that is gone is swept no more") {
  ScriptedServer server({stays()});
  UpstreamWorld world(server.port());
  {
    Pool pool(world.context, world.deadlines, {Scheme::http, "127.0.0.1", server.port()}, {},
              nullptr);
    run(world.context, pool.acquire(Reuse::never, soon())).value().give_back();
    CHECK(pool.idle() == 1);
  }
  world.deadlines.sweep(base::Clock::now() + 1h);
}

TEST_CASE("a deadline in the past connects nowhere") {
  ScriptedServer server({stays()});
  UpstreamWorld world(server.port());
  const auto leased =
      run(world.context, world.pool.acquire(Reuse::allowed, base::Clock::now() - 1s));
  CHECK_FALSE(leased);
  CHECK(world.pool.open() == 0);
}

TEST_CASE("kept connections go when they are old, or when the other side closes") {
  ScriptedServer server({stays(), answers({counted("x")})});
  UpstreamWorld world(server.port(), {.idle_timeout = 90s});
  world.deadlines.stop();  // swept by hand
  Lease old = lease_of(world);
  CHECK(world.get().value() == "x");  // and the server closes
  run(world.context, [](Connection& connection) -> Awaitable<int> {
    co_await connection.wait_readable();
    co_return 0;
  }(*lease_of(world)));
  old.give_back();
  const base::TimePoint now = base::Clock::now();
  world.deadlines.sweep(now + 1s);
  CHECK(world.pool.idle() == 1);
  world.deadlines.sweep(now + 30s);
  CHECK(world.pool.idle() == 1);
  world.deadlines.sweep(now + 2 * 90s);
  CHECK(world.pool.idle() == 0);
}
