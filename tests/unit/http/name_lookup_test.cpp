#include <chrono>
#include <optional>

#include <doctest/doctest.h>

#include "unit/hanging_names.hpp"
#include "unit/http/upstream_world.hpp"

using namespace harbor_router;
using namespace harbor_router::http;
using namespace harbor_router::testing;
using namespace std::chrono_literals;
using base::Errc;

namespace {

Script waits() {
  return [](Peer& peer) { peer.wait_until_closed(); };
}

base::Result<Lease> acquired(UpstreamWorld& world, base::TimePoint deadline = soon()) {
  return run(world.context, world.pool.acquire(Reuse::never, deadline));
}

}  // namespace

TEST_CASE("a name that hangs delays no other name, and is looked up once for all who want it") {
  ScriptedServer server({waits(), waits()});
  HangingNames names;
  UpstreamWorld stuck(server.port(), {}, "a.hangs.test"),
      also_stuck(server.port(), {}, "a.hangs.test"), well(server.port(), {}, "localhost");
  for (int i = 0; i < 2; ++i) {
    CHECK(acquired(stuck, base::Clock::now() + 20ms).error().code == Errc::resolve_failed);
    CHECK(acquired(also_stuck, base::Clock::now() + 20ms).error().code == Errc::resolve_failed);
  }
  CHECK(acquired(well));
  CHECK(names.asked() == 1);
  names.let_go();
  CHECK(acquired(stuck));
}

TEST_CASE("whoever leaves while a name hangs does not wait for it") {
  HangingNames names;
  {
    UpstreamWorld world(1, {}, "b.hangs.test");
    CHECK(acquired(world, base::Clock::now() + 20ms).has_error());
  }
  CHECK(names.asked() == 1);  // and is still in it
}
