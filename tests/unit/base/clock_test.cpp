#include "harbor_router/base/clock.hpp"

#include <doctest/doctest.h>

namespace {

using namespace harbor_router::base;

TEST_CASE("the time of the last tick is of the same clock, not ahead of it, and goes on") {
  const TimePoint before = recently();
  const TimePoint exact = Clock::now();
  CHECK(before <= exact);
  TimePoint later = before;
  while (later <= exact) later = recently();  // ends at the next tick, or the test never does
  CHECK(later <= Clock::now());
}

}  // namespace
