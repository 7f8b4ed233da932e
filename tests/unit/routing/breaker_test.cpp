#include "harbor_router/routing/breaker.hpp"

#include <chrono>

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::routing;
using namespace std::chrono_literals;
using Admission = Breaker::Admission;

namespace {

const BreakerSettings three_strikes{.threshold = 3, .open_for = 30s};
const base::TimePoint strike_time{1h}, probe_time = strike_time + 30s;

Breaker opened() {
  Breaker breaker;
  for (int i = 0; i < 3; ++i) breaker.failed(three_strikes, strike_time);
  return breaker;
}

}  // namespace

TEST_CASE("a breaker opens at the last of so many failures in a row") {
  Breaker breaker;
  for (int i = 0; i < 2; ++i) {
    breaker.failed(three_strikes, strike_time);
    CHECK(breaker.admit(three_strikes, strike_time) == Admission::allowed);
  }
  CHECK(breaker.wait(strike_time) == 0s);
  breaker.failed(three_strikes, strike_time);
  CHECK(breaker.is_open());
  CHECK(breaker.admit(three_strikes, strike_time) == Admission::refused);
  CHECK(breaker.wait(strike_time) == 30s);
  CHECK(breaker.wait(strike_time + 29s) == 1s);
}

TEST_CASE("an answer begins the count anew") {
  Breaker breaker;
  for (int round = 0; round < 10; ++round) {
    breaker.failed(three_strikes, strike_time);
    breaker.failed(three_strikes, strike_time);
    breaker.succeeded();
  }
  CHECK_FALSE(breaker.is_open());
}

TEST_CASE("once its time is over one probe goes through, not a herd") {
  Breaker breaker = opened();
  CHECK(breaker.admit(three_strikes, probe_time - 1ns) == Admission::refused);
  CHECK(breaker.admit(three_strikes, probe_time) == Admission::probe);
  for (int i = 0; i < 100; ++i)
    CHECK(breaker.admit(three_strikes, probe_time) == Admission::refused);
  CHECK(breaker.wait(probe_time) == 30s);
}

TEST_CASE("a probe that is answered closes the breaker") {
  Breaker breaker = opened();
  CHECK(breaker.admit(three_strikes, probe_time) == Admission::probe);
  breaker.succeeded();
  CHECK_FALSE(breaker.is_open());
  CHECK(breaker.admit(three_strikes, probe_time) == Admission::allowed);
  breaker.failed(three_strikes, probe_time);  // and counts from the beginning
  CHECK(breaker.admit(three_strikes, probe_time) == Admission::allowed);
}

TEST_CASE("a probe that fails leaves the breaker open for as long again") {
  Breaker breaker = opened();
  CHECK(breaker.admit(three_strikes, probe_time) == Admission::probe);
  breaker.failed(three_strikes, probe_time + 5s);
  CHECK(breaker.wait(probe_time + 5s) == 30s);
  CHECK(breaker.admit(three_strikes, probe_time + 34s) == Admission::refused);
  CHECK(breaker.admit(three_strikes, probe_time + 35s) == Admission::probe);
}

TEST_CASE("a probe whose end is never told is followed by another") {
  Breaker breaker = opened();
  CHECK(breaker.admit(three_strikes, probe_time) == Admission::probe);
  CHECK(breaker.admit(three_strikes, probe_time + 30s) == Admission::probe);
}
