#include "harbor_router/routing/inflight.hpp"

#include <chrono>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "unit/run.hpp"

using namespace harbor_router;
using namespace harbor_router::routing;
using namespace std::chrono_literals;
using harbor_router::testing::Running;

namespace {

using Entering = Running<std::shared_ptr<Inflight::Place>>;

struct InflightWorld {
  http::asio::io_context context{1};
  Inflight inflight;

  explicit InflightWorld(std::size_t limit) : inflight(limit) {}
  std::unique_ptr<Entering> enters(std::int64_t project,
                                   base::TimePoint deadline = base::Clock::now() + 1h) {
    auto entering = std::make_unique<Entering>(
        context, inflight.enter(project, context.get_executor(), deadline));
    settle();
    return entering;
  }
  void settle() {
    context.restart();
    while (context.poll() != 0) {
    }
  }
};

const base::TimePoint over{};  // a deadline that has passed already

}  // namespace

TEST_CASE("so many ask a project at once, the others get their turn in order") {
  InflightWorld world(2);
  const auto a = world.enters(1), b = world.enters(1), c = world.enters(1), d = world.enters(1),
             e = world.enters(1);
  std::shared_ptr<Inflight::Place> first = a->get(), second = b->get();
  CHECK(first != nullptr);
  CHECK(second != nullptr);
  CHECK_FALSE(c->done());
  first.reset();
  world.settle();
  CHECK(c->done());
  CHECK_FALSE(d->done());
  second.reset();
  world.settle();
  CHECK(d->done());
  CHECK_FALSE(e->done());
  c->get().reset();
  CHECK(e->get() != nullptr);
  d->get().reset();
}

TEST_CASE("each project has a limit of its own") {
  InflightWorld world(1);
  const auto a = world.enters(1), b = world.enters(2);
  CHECK(a->get() != nullptr);
  CHECK(b->get() != nullptr);
}

TEST_CASE("whoever waits past his deadline goes without, and takes nobody's place along") {
  InflightWorld world(1);
  const auto holder = world.enters(1);
  std::shared_ptr<Inflight::Place> held = holder->get();
  const auto impatient = world.enters(1, over), patient = world.enters(1);
  CHECK(impatient->get() == nullptr);
  CHECK_FALSE(patient->done());
  held.reset();
  CHECK(patient->get() != nullptr);
}

TEST_CASE("a place given up with nobody waiting is free for the next") {
  InflightWorld world(1);
  for (int round = 0; round < 3; ++round) {
    const auto entering = world.enters(1);
    REQUIRE(entering->done());
    CHECK(entering->get() != nullptr);
  }
}

TEST_CASE("zero is no limit") {
  CHECK(Inflight(0).unlimited());
  CHECK_FALSE(Inflight(1).unlimited());
}
