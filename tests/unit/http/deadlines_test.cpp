#include "harbor_router/http/deadlines.hpp"

#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "unit/run.hpp"

using namespace harbor_router;
using namespace harbor_router::http;
using namespace std::chrono_literals;

namespace {

const base::TimePoint beginning{1h};

struct World {
  asio::io_context context{1};
  Deadlines deadlines{context};
};

}  // namespace

TEST_CASE("a deadline fires once, at the first sweep that is not before it") {
  World world;
  Deadline deadline;
  int fired = 0;
  deadline.attach(world.deadlines, [&] { ++fired; });
  deadline.set(beginning + 10s);
  world.deadlines.sweep(beginning + 10s - 1ns);
  CHECK(fired == 0);
  CHECK_FALSE(deadline.expired());
  world.deadlines.sweep(beginning + 10s);
  CHECK(fired == 1);
  CHECK(deadline.expired());
  world.deadlines.sweep(beginning + 20s);
  CHECK(fired == 1);
  deadline.set(beginning + 30s);
  CHECK_FALSE(deadline.expired());
  world.deadlines.sweep(beginning + 30s);
  CHECK(fired == 2);
}

TEST_CASE("one that was cleared, or never set, does not fire") {
  World world;
  Deadline cleared, never;
  cleared.attach(world.deadlines, [] { FAIL("fired"); });
  never.attach(world.deadlines, [] { FAIL("fired"); });
  cleared.set(beginning);
  cleared.clear();
  world.deadlines.sweep(beginning + 24h);
  CHECK_FALSE(cleared.expired());
}

TEST_CASE("on_expire may destroy its own deadline") {
  World world;
  auto deadline = std::make_unique<Deadline>();
  const std::string captured(100, 'x');  // on the heap, so that a use after free shows
  std::string seen;
  deadline->attach(world.deadlines, [&deadline, &seen, captured] {
    deadline.reset();
    seen = captured;
  });
  deadline->set(beginning);
  world.deadlines.sweep(beginning);
  CHECK(deadline == nullptr);
  CHECK(seen == captured);
  world.deadlines.sweep(beginning + 1h);
}

TEST_CASE("on_expire may destroy others, due in the same sweep or not") {
  World world;
  int fired = 0;
  auto due = std::make_unique<Deadline>();
  auto later = std::make_unique<Deadline>();
  Deadline first, last;
  const auto both_go = [&] {
    ++fired;
    due.reset();
    later.reset();
  };
  first.attach(world.deadlines, both_go);
  due->attach(world.deadlines, [] { FAIL("fired though it was destroyed"); });
  later->attach(world.deadlines, [] { FAIL("fired though it was destroyed"); });
  last.attach(world.deadlines, [&] { ++fired; });
  first.set(beginning);
  due->set(beginning);
  later->set(beginning + 1s);
  last.set(beginning);
  world.deadlines.sweep(beginning);
  CHECK(fired == 2);
  world.deadlines.sweep(beginning + 1s);
  CHECK(fired == 2);
}

TEST_CASE("one set again while firing waits for the next sweep") {
  World world;
  Deadline deadline;
  int fired = 0;
  deadline.attach(world.deadlines, [&] {
    ++fired;
    deadline.set(beginning);
  });
  deadline.set(beginning);
  world.deadlines.sweep(beginning);
  CHECK(fired == 1);
  world.deadlines.sweep(beginning);
  CHECK(fired == 2);
}

TEST_CASE("checks run at every sweep, before the deadlines") {
  World world;
  std::string order;
  Deadline deadline;
  deadline.attach(world.deadlines, [&] { order += 'd'; });
  const Deadlines::Check check = world.deadlines.every_sweep([&](base::TimePoint now) {
    CHECK(now >= beginning);
    order += 'c';
  });
  deadline.set(beginning);
  world.deadlines.sweep(beginning);
  world.deadlines.sweep(beginning + 1s);
  CHECK(order == "cdc");
}

TEST_CASE("a check ends with whoever keeps it, and may end or add checks itself") {
  World world;
  int first = 0, second = 0, added = 0;
  Deadlines::Check ended, late;
  Deadlines::Check keeps = world.deadlines.every_sweep([&](base::TimePoint) {
    ++first;
    ended = nullptr;
    if (!late) late = world.deadlines.every_sweep([&](base::TimePoint) { ++added; });
  });
  ended = world.deadlines.every_sweep([&](base::TimePoint) { ++second; });
  world.deadlines.sweep(beginning);
  CHECK(second == 0);
  keeps = nullptr;
  world.deadlines.sweep(beginning + 1s);
  CHECK(first == 1);
  CHECK(added == 2);
}

TEST_CASE("started, it sweeps by itself until it is stopped") {
  World world;
  Deadline deadline;
  bool fired = false;
  deadline.attach(world.deadlines, [&] { fired = true; });
  deadline.set_after(1ms);
  world.deadlines.start();
  testing::run_until(world.context, [&] { return fired; });
  CHECK(deadline.expired());
  world.deadlines.stop();
  world.context.restart();
  world.context.run();  // ends, because nothing sweeps any more
}
