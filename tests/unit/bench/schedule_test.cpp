#include "harbor_router/bench/schedule.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

namespace harbor_router::bench {
namespace {

using namespace std::chrono_literals;
using base::TimePoint;

const TimePoint kStart{1000s};

TEST_CASE("a closed loop is due whenever it is asked, until the time is over") {
  Schedule schedule({.duration = 10s}, {}, kStart);
  auto due = schedule.next(kStart + 3s);
  REQUIRE(due);
  CHECK(due->at == kStart + 3s);
  CHECK(due->measured);
  schedule.taken(*due);
  CHECK(schedule.next(kStart + 3s)->number == 1);
  CHECK_FALSE(schedule.next(kStart + 10s));
  CHECK(schedule.untaken(kStart + 10s) == 0);
}

TEST_CASE("an open loop keeps to its rate, however late it is asked") {
  Schedule schedule({.rate = 1000, .duration = 1s}, {}, kStart);
  for (int n = 0; n < 10; ++n) {
    const auto due = schedule.next(kStart + 500ms);  // a target that stood still for half a second
    REQUIRE(due);
    CHECK(due->at == kStart + n * 1ms);
    schedule.taken(*due);
  }
  CHECK(schedule.untaken(kStart + 500ms) == 490);
  CHECK(schedule.untaken(kStart + 5s) == 990);
  CHECK_FALSE(schedule.next(kStart + 1s));
}

TEST_CASE("threads share a rate by numbers and the count of requests between them") {
  std::vector<std::uint64_t> numbers;
  for (unsigned thread = 0; thread < 3; ++thread) {
    Schedule schedule({.rate = 100, .requests = 10}, {.thread = thread, .threads = 3}, kStart);
    while (const auto due = schedule.next(kStart + 1h)) {
      CHECK(due->at == kStart + due->number * 10ms);
      numbers.push_back(due->number);
      schedule.taken(*due);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  CHECK(numbers == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("what is due in the warm-up is asked and not measured") {
  Schedule schedule({.rate = 10, .warmup = 1s, .requests = 5}, {}, kStart);
  int measured = 0, warmup = 0;
  while (const auto due = schedule.next(kStart + 1h)) {
    ++(due->measured ? measured : warmup);
    schedule.taken(*due);
  }
  CHECK(warmup == 10);
  CHECK(measured == 5);
  CHECK(schedule.measured_from() == kStart + 1s);
}

}  // namespace
}  // namespace harbor_router::bench
