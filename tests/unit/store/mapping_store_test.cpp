#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "unit/store/store_fixture.hpp"

namespace harbor_router::store::testing {

using namespace std::chrono_literals;

TEST_CASE("learning again refreshes the age, takes the new digest and keeps the hits") {
  Fixture here;
  const Key nginx = Fixture::image("library/nginx");
  here.learn(nginx, 7, digest_of(1));
  CHECK(here.state(nginx) == State::fresh);
  here.now += 200s;
  SUBCASE("with another digest") {
    here.learn(nginx, 8, digest_of(2));
    CHECK(here.find(nginx).digest == digest_of(2));
  }
  SUBCASE("with the digest unknown") {
    here.learn(nginx, 8);
    CHECK_FALSE(here.find(nginx).digest.has_value());
  }
  CHECK(here.find(nginx).project == 8);
  const auto entries = here.entries();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].age == 0s);
  CHECK(entries[0].expires_in == 300s);
  CHECK(entries[0].hits == 3);
  here.now += 200s;
  CHECK(here.state(nginx) == State::fresh);
}

TEST_CASE("absences can be forgotten alone, whosever they are") {
  Fixture here;
  here.learn(Fixture::image("nginx"), 7);
  here.learn_absent(Fixture::image("absent"));
  here.learn_absent(Fixture::asked_by(alice, Fixture::image("hidden")));
  here.store.forget_absences();
  CHECK(here.state(Fixture::image("nginx")) == State::fresh);
  CHECK(here.state(Fixture::image("absent")) == State::absent);
  CHECK(here.entries().size() == 1);
}

TEST_CASE("keys differ by every part, and by where one part ends") {
  Fixture here;
  const Key keys[] = {
      {.hint = "", .repository = "a/b", .reference = "c"},
      {.hint = "a", .repository = "/b", .reference = "c"},
      {.hint = "", .repository = "a/bc", .reference = ""},
      {.hint = "a/bc", .repository = "", .reference = ""},
      {.hint = "docker.io", .repository = "a/b", .reference = "c"},
      {.hint = "", .repository = "a/b", .reference = "d"},
      {.hint = "", .repository = "a/b", .reference = ""},
  };
  ProjectId project = 0;
  for (const Key& key : keys) here.learn(key, ++project);
  project = 0;
  for (const Key& key : keys) CHECK(here.find(key).project == ++project);
}

TEST_CASE("names of every length are told apart, longer ones than the grammar has are not kept") {
  Fixture here;
  const std::string text(600, 'x');
  for (std::size_t length = 0; length <= 255; ++length) {
    here.learn({.repository = std::string_view(text).substr(0, length), .reference = "t"},
               static_cast<ProjectId>(length + 1),
               length % 2 == 0 ? std::optional(digest_of(9)) : std::nullopt);
  }
  for (std::size_t length = 0; length <= 255; ++length) {
    const Found found =
        here.find({.repository = std::string_view(text).substr(0, length), .reference = "t"});
    REQUIRE(found.project == static_cast<ProjectId>(length + 1));
    REQUIRE(found.digest.has_value() == (length % 2 == 0));
  }
  const Key longest = {.hint = std::string_view(text).substr(0, 255),
                       .repository = std::string_view(text).substr(0, 255),
                       .reference = std::string_view(text).substr(0, 255)};
  here.learn(longest, 5, digest_of(3));
  CHECK(here.find(longest).digest == digest_of(3));
  const Key too_long = {.repository = text, .reference = "t"};
  here.learn(too_long, 5);
  here.learn_absent(too_long);
  CHECK(here.state(too_long) == State::absent);
}

TEST_CASE("one person's absence is not another's, a mapping is everybody's") {
  Fixture here;
  const Key nginx = Fixture::image("library/nginx");
  here.learn_absent(Fixture::asked_by(alice, nginx));
  CHECK(here.state(Fixture::asked_by(alice, nginx)) == State::negative);
  CHECK(here.state(Fixture::asked_by(bob, nginx)) == State::absent);
  CHECK(here.state(nginx) == State::absent);

  here.learn(Fixture::asked_by(bob, nginx), 7);
  CHECK(here.state(Fixture::asked_by(alice, nginx)) == State::fresh);
  CHECK(here.state(nginx) == State::fresh);

  here.learn_absent(Fixture::asked_by(alice, nginx));
  CHECK(here.state(nginx) == State::absent);  // the project said that it has it no more
  here.learn(Fixture::asked_by(alice, nginx), 8);
  here.store.forget(nginx);
  CHECK(here.state(Fixture::asked_by(alice, nginx)) == State::absent);

  here.learn_absent(nginx);
  CHECK(here.state(Fixture::asked_by(bob, nginx)) == State::negative);
}

TEST_CASE("a small store holds at most its capacity, and the newest") {
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{10}}) {
    Fixture here({.capacity = capacity});
    for (int i = 0; i < 1000; ++i) {
      const std::string name = "library/name-" + std::to_string(i);
      if (i % 3 == 0) {
        here.learn_absent(Fixture::image(name));
        REQUIRE(here.state(Fixture::image(name)) == State::negative);
      } else {
        here.learn(Fixture::image(name), i);
        REQUIRE(here.find(Fixture::image(name)).project == i);
      }
      REQUIRE(here.store.statistics().entries <= std::max<std::size_t>(1, capacity));
      REQUIRE(here.entries().size() == here.store.statistics().entries);
    }
    CHECK(here.store.statistics().evictions > 0);
  }
}

TEST_CASE("what is dropped is remembered long enough to be kept the next time") {
  Fixture here({.capacity = 1000});
  int next = 0;
  const auto scan = [&](int count) {
    for (const int end = next + count; next < end; ++next) {
      here.learn(Fixture::image("scan/" + std::to_string(next)), 1);
    }
  };
  const auto learn_returning = [&] {
    for (int i = 0; i < 50; ++i) here.learn(Fixture::image("back/" + std::to_string(i)), 7);
  };
  const auto count_returning = [&] {
    int known = 0;
    for (int i = 0; i < 50; ++i) {
      if (here.state(Fixture::image("back/" + std::to_string(i))) == State::fresh) ++known;
    }
    return known;
  };
  scan(2000);
  learn_returning();
  scan(200);
  REQUIRE(count_returning() == 0);
  learn_returning();
  scan(400);
  CHECK(count_returning() >= 35);  // ghosts forget at random, a tenth of them in such a scan
}

TEST_CASE("inspection shows every entry as it is") {
  Fixture here;
  here.learn(Fixture::image("library/nginx", "1.27"), 7, digest_of(4));
  here.now += 310s;
  here.learn_absent(Fixture::asked_by(alice, Fixture::image("library/nothing")));
  here.now += 10s;
  auto entries = here.entries();
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.repository < b.repository; });
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].hint == "docker.io");
  CHECK(entries[0].repository == "library/nginx");
  CHECK(entries[0].reference == "1.27");
  CHECK(entries[0].state == State::stale);
  CHECK(entries[0].project == 7);
  CHECK(entries[0].digest == digest_of(4));
  CHECK(entries[0].age == 320s);
  CHECK(entries[0].expires_in == -20s);
  CHECK(entries[1].repository == "library/nothing");
  CHECK(entries[1].identity == alice);
  CHECK(entries[1].state == State::negative);
  CHECK(entries[1].expires_in == 20s);

  int seen = 0;
  here.store.for_each([&](const Entry&) { return ++seen, false; }, here.now);
  CHECK(seen == 1);
}

TEST_CASE("a project that is gone takes its mappings with it") {
  Fixture here({.capacity = 10'000});
  for (int i = 0; i < 3000; ++i) here.learn(Fixture::image("n/" + std::to_string(i)), i % 3);
  here.learn_absent(Fixture::asked_by(alice, Fixture::image("n/none")));
  const auto of_project_two = [](const Entry& entry) { return entry.project == 2; };
  CHECK(here.store.forget_if(of_project_two, here.now) == 1000);
  CHECK(here.store.forget_if(of_project_two, here.now) == 0);
  CHECK(here.store.statistics().entries == 2001);
  CHECK(here.state(Fixture::image("n/2")) == State::absent);
  CHECK(here.state(Fixture::image("n/3")) == State::fresh);
  const auto all = [](const Entry&) { return true; };
  CHECK(here.store.forget_if(all, here.now) == 2001);
  CHECK(here.store.statistics().entries == 0);
}

TEST_CASE("an entry learnt anew while it is judged is not forgotten") {
  Fixture here;
  here.learn(Fixture::image("library/nginx"), 7);
  const auto learn_meanwhile = [&](const Entry& entry) {
    here.store.learn(Fixture::image("library/nginx"), 8, std::nullopt, here.now + 1ms);
    return entry.project == 7;
  };
  CHECK(here.store.forget_if(learn_meanwhile, here.now) == 0);
  CHECK(here.find(Fixture::image("library/nginx")).project == 8);
}

TEST_CASE("lookups are counted by what came of them") {
  Fixture here;
  const Key nginx = Fixture::image("library/nginx");
  static_cast<void>(here.state(nginx));
  here.learn(nginx, 7);
  static_cast<void>(here.state(nginx));
  here.now += 310s;
  static_cast<void>(here.state(nginx));
  here.learn_absent(nginx);
  static_cast<void>(here.state(nginx));
  const auto counted = here.store.statistics();
  CHECK(counted.misses == 1);
  CHECK(counted.hits == 1);
  CHECK(counted.stale_hits == 1);
  CHECK(counted.negative_hits == 1);
}

TEST_CASE("threads share one store") {
  MappingStore store({.capacity = 2000});
  const TimePoint now{};
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 20'000; ++i) {
        const int number = i % 3000;
        const std::string name = "n/" + std::to_string(number);
        const Key key = {.repository = name, .reference = "latest"};
        if (i % 7 == 0) {
          store.learn_absent(key, now);
        } else if (i % 2 == 0) {
          store.learn(key, number, std::nullopt, now);
        } else if (const Found found = store.find(key, now);
                   found.state == State::fresh && found.project != number) {
          ++wrong[thread];
        }
        if (i % 5000 == 0) {
          store.forget_if([](const Entry& entry) { return entry.project % 2 == 0; }, now);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
  CHECK(store.statistics().entries <= 2000);
}

}  // namespace harbor_router::store::testing
