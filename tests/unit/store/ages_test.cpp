// What time does to an entry.
#include <string>

#include <doctest/doctest.h>

#include "harbor_router/store/record.hpp"
#include "unit/store/store_fixture.hpp"

namespace harbor_router::store::testing {

using namespace std::chrono_literals;

TEST_CASE("a mapping is fresh, then stale, then lapsed, then gone") {
  Fixture here({.ttl = 300s, .negative_ttl = 30s, .stale_window = 60s, .capacity = 100});
  const Key nginx = Fixture::image("library/nginx");
  CHECK(here.state(nginx) == State::absent);

  here.learn(nginx, 7, digest_of(1));
  const Found found = here.find(nginx);
  CHECK(found.state == State::fresh);
  CHECK(found.project == 7);
  CHECK(found.digest == digest_of(1));

  here.now += 300s - 1ms;
  CHECK(here.state(nginx) == State::fresh);
  here.now += 1ms;
  CHECK(here.state(nginx) == State::stale);
  CHECK(here.find(nginx).project == 7);
  here.now += 60s - 1ms;
  CHECK(here.state(nginx) == State::stale);
  CHECK(here.store.statistics().entries == 1);
  here.now += 1ms;
  CHECK(here.state(nginx) == State::lapsed);
  CHECK(here.find(nginx).project == 7);
  CHECK_FALSE(here.store.knows(nginx, here.now));
  here.now += 24h - 1ms;
  CHECK(here.state(nginx) == State::lapsed);
  CHECK(here.store.statistics().entries == 1);
  here.now += 1ms;
  CHECK(here.state(nginx) == State::absent);
  CHECK(here.store.statistics().entries == 0);
}

TEST_CASE("a lapsed mapping is a miss, is seen, and gives way to whatever is newer") {
  Fixture here;
  const Key nginx = Fixture::image("library/nginx");
  here.learn(nginx, 7);
  here.now += 1h;
  CHECK(here.state(nginx) == State::lapsed);
  CHECK(here.store.statistics().misses == 1);
  REQUIRE(here.entries().size() == 1);
  CHECK(here.entries()[0].state == State::lapsed);
  CHECK(here.store.hottest(10, here.now).empty());

  here.learn(nginx, 8);
  CHECK(here.state(nginx) == State::fresh);
  here.now += 1h;
  here.learn_absent(nginx);
  CHECK(here.state(nginx) == State::negative);
  here.learn(nginx, 9);
  here.now += 1h;
  const WallTime wall{1h};
  const Record elsewhere =
      record_of({.key = nginx, .project = "ten", .project_id = 10}, here.store.settings(), wall);
  CHECK(here.store.restore(elsewhere, {here.now, wall}));
  CHECK(here.find(nginx).project == 10);
}

TEST_CASE("a lapsed mapping can be forgotten by name and by pattern") {
  Fixture here;
  here.learn(Fixture::image("library/nginx"), 7);
  here.learn(Fixture::image("library/redis"), 7);
  here.now += 1h;
  here.store.forget(Fixture::image("library/nginx"));
  CHECK(here.state(Fixture::image("library/nginx")) == State::absent);
  CHECK(here.store.forget_matching("*", here.now) == 1);
  CHECK(here.state(Fixture::image("library/redis")) == State::absent);
}

TEST_CASE("in a full store what has lapsed goes before what has not") {
  Fixture here({.capacity = 1000});
  for (int i = 0; i < 1000; ++i) {
    here.learn(Fixture::image("old/" + std::to_string(i)), 1);
    static_cast<void>(here.state(Fixture::image("old/" + std::to_string(i))));
  }
  here.now += 1h;
  for (int i = 0; i < 1000; ++i) here.learn(Fixture::image("new/" + std::to_string(i)), 2);
  for (int i = 0; i < 1000; ++i)
    REQUIRE(here.state(Fixture::image("new/" + std::to_string(i))) == State::fresh);
}

TEST_CASE("absence is remembered for its own time, and a mapping and absence replace each other") {
  Fixture here;
  const Key nginx = Fixture::image("library/nginx");
  here.learn_absent(nginx);
  CHECK(here.state(nginx) == State::negative);
  here.now += 30s;
  CHECK(here.state(nginx) == State::absent);

  here.learn_absent(nginx);
  here.learn(nginx, 7);
  CHECK(here.state(nginx) == State::fresh);
  here.learn_absent(nginx);
  CHECK(here.state(nginx) == State::negative);
  CHECK(here.store.statistics().entries == 1);
  CHECK(here.store.statistics().negative_entries == 1);
  here.store.forget(nginx);
  CHECK(here.state(nginx) == State::absent);
}

TEST_CASE("with a ttl of zero nothing is fresh") {
  Fixture here({.ttl = 0s, .negative_ttl = 0s, .stale_window = 60s, .capacity = 10});
  const Key nginx = Fixture::image("library/nginx");
  here.learn(nginx, 7);
  CHECK(here.state(nginx) == State::stale);
  here.learn_absent(nginx);
  CHECK(here.state(nginx) == State::absent);
}

TEST_CASE("a ttl without end does not overflow") {
  Fixture here({.ttl = std::chrono::nanoseconds::max(),
                .negative_ttl = 30s,
                .stale_window = std::chrono::nanoseconds::max(),
                .capacity = 10});
  here.learn(Fixture::image("library/nginx"), 7);
  here.now += 24h * 365 * 30;
  CHECK(here.state(Fixture::image("library/nginx")) == State::fresh);
}

TEST_CASE("inserting sweeps away what has expired") {
  Fixture here;
  for (int i = 0; i < 1000; ++i) here.learn(Fixture::image("old/" + std::to_string(i)), 1);
  here.now += 25h;
  for (int i = 0; i < 500; ++i) here.learn(Fixture::image("new/" + std::to_string(i)), 1);
  CHECK(here.store.statistics().entries < 1000);
  CHECK(here.entries().size() == 500);
  CHECK(here.store.statistics().evictions == 0);
}

}  // namespace harbor_router::store::testing
