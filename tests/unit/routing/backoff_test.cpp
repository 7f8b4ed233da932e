#include "harbor_router/routing/backoff.hpp"

#include <chrono>

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::routing;
using namespace std::chrono_literals;
using base::Errc;
using harbor::Outcome;

namespace {

const RetrySettings ten_repeats{.repeats = 10, .base_delay = 100ms};
const harbor::Answer server_error{.outcome = Outcome::failed, .status = 500};

constexpr double chances[] = {0, 0.001, 0.25, 0.5, 0.75, 0.999999};

}  // namespace

TEST_CASE("the wait is anywhere from nothing to a bound that doubles with each repeat") {
  std::chrono::nanoseconds bound = 100ms;
  for (std::size_t repeats = 0; repeats < 10; ++repeats, bound *= 2) {
    CAPTURE(repeats);
    const auto wait = [repeats](double chance) {
      return wait_before_repeat(
          server_error, {.repeats = repeats, .time_left = 24h, .chance = chance}, ten_repeats);
    };
    for (const double chance : chances) {
      REQUIRE(wait(chance));
      CHECK(*wait(chance) >= 0ns);
      CHECK(*wait(chance) < bound);
    }
    CHECK(wait(0) == 0ns);
    CHECK(wait(0.5) == bound / 2);  // full jitter: chance alone says where
    CHECK(*wait(0.999999) > bound * 99 / 100);
  }
}

TEST_CASE("no repeat is begun that the deadline would end") {
  for (const auto left : {0ns, 1ns, std::chrono::nanoseconds(10ms), std::chrono::nanoseconds(1s)})
    for (std::size_t repeats = 0; repeats < 10; ++repeats)
      for (const double chance : chances) {
        const auto wait = wait_before_repeat(
            server_error, {.repeats = repeats, .time_left = left, .chance = chance}, ten_repeats);
        if (wait) CHECK(*wait < left);
      }
  CHECK_FALSE(wait_before_repeat(server_error, {.time_left = 0ns}, ten_repeats));
  CHECK_FALSE(wait_before_repeat(server_error, {.time_left = -1s}, ten_repeats));
}

TEST_CASE("Retry-After is waited for, or told at once where it is longer than the time left") {
  const harbor::Answer come_later{.outcome = Outcome::failed, .status = 503, .retry_after = 3s};
  CHECK(wait_before_repeat(come_later, {.time_left = 10s}, ten_repeats) == 3s);
  CHECK_FALSE(wait_before_repeat(come_later, {.time_left = 3s}, ten_repeats));
  // Nor is less waited than the jitter says.
  const harbor::Answer at_once{.outcome = Outcome::failed, .status = 503, .retry_after = 0s};
  CHECK(wait_before_repeat(at_once, {.time_left = 10s, .chance = 0.5}, ten_repeats) == 50ms);
}

TEST_CASE("a 5xx, a failed connection and nonsense are worth a repeat, a 4xx never is") {
  const auto repeated = [](harbor::Answer answer) {
    return wait_before_repeat(answer, {.time_left = 10s}, ten_repeats).has_value();
  };
  for (const int status : {500, 502, 503, 200})
    CHECK(repeated({.outcome = Outcome::failed, .status = status}));
  CHECK(repeated({.outcome = Outcome::timeout, .status = 504}));
  for (const Errc failure : {Errc::connect_failed, Errc::closed, Errc::protocol})
    CHECK(repeated({.outcome = Outcome::failed, .failure = failure}));
  CHECK_FALSE(repeated({.outcome = Outcome::failed, .failure = Errc::too_large}));
  for (const int status : {400, 405, 406, 414, 418, 431, 451})
    CHECK_FALSE(repeated({.outcome = Outcome::failed, .status = status}));
  CHECK_FALSE(repeated({.outcome = Outcome::miss, .status = 404}));
  CHECK_FALSE(repeated({.outcome = Outcome::refused, .status = 401}));
  CHECK_FALSE(repeated({.outcome = Outcome::refused, .status = 403}));
  CHECK_FALSE(repeated({.outcome = Outcome::timeout, .status = 408}));
  CHECK_FALSE(repeated({.outcome = Outcome::blocked, .status = 412}));
  CHECK_FALSE(repeated({.outcome = Outcome::limited, .status = 429}));
  CHECK_FALSE(repeated({.outcome = Outcome::hit, .status = 200}));
  CHECK_FALSE(repeated({.outcome = Outcome::skipped}));
  CHECK_FALSE(repeated({.outcome = Outcome::timeout, .failure = Errc::timeout}));
  CHECK_FALSE(repeated({.outcome = Outcome::failed, .failure = Errc::cancelled}));
  CHECK_FALSE(repeated({.outcome = Outcome::failed, .failure = Errc::refused_account}));
}

TEST_CASE("there are so many repeats and no more, and no number of them overflows") {
  CHECK(wait_before_repeat(server_error, {.repeats = 9, .time_left = 24h}, ten_repeats));
  CHECK_FALSE(wait_before_repeat(server_error, {.repeats = 10, .time_left = 24h}, ten_repeats));
  CHECK_FALSE(wait_before_repeat(server_error, {.time_left = 24h}, {.repeats = 0}));
  const auto late =
      wait_before_repeat(server_error, {.repeats = 99, .time_left = 24h, .chance = 0.999999},
                         {.repeats = 100, .base_delay = 100ms});
  REQUIRE(late);
  CHECK(*late > 0s);
}
