// Looking at the store without being a pull: one entry, or all of them in steps.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "harbor_router/store/mapping_store.hpp"

namespace {

using namespace std::chrono_literals;
using namespace harbor_router::store;

constexpr std::uint64_t alice = 17, bob = 18;

struct Onlooker {
  MappingStore store{Settings{}};
  harbor_router::base::TimePoint now = harbor_router::base::TimePoint{} + 1h;

  static Key image(std::string_view repository) {
    return {.hint = "docker.io", .repository = repository, .reference = "latest"};
  }
  static Key asked_by(std::uint64_t identity, Key key) {
    key.identity = identity;
    return key;
  }
};

TEST_CASE("looking on counts nothing, and sees what a pull would find") {
  Onlooker mappings;
  const Key nginx = Onlooker::image("nginx");
  CHECK_FALSE(mappings.store.peek(nginx, mappings.now));
  mappings.store.learn(nginx, 7, std::nullopt, mappings.now);
  mappings.store.learn_absent(Onlooker::asked_by(alice, Onlooker::image("secret")), mappings.now);
  const auto entry = mappings.store.peek(nginx, mappings.now + 301s);
  REQUIRE(entry);
  CHECK(entry->project == 7);
  CHECK(entry->state == State::stale);
  CHECK(entry->hits == 0);
  CHECK(mappings.store.peek(Onlooker::asked_by(alice, Onlooker::image("secret")), mappings.now)
            ->state == State::negative);
  CHECK_FALSE(
      mappings.store.peek(Onlooker::asked_by(bob, Onlooker::image("secret")), mappings.now));
  CHECK(mappings.store.peek(nginx, mappings.now + 361s)->state == State::lapsed);
  CHECK_FALSE(mappings.store.peek(nginx, mappings.now + 25h));
  CHECK(mappings.store.find(nginx, mappings.now).state == State::fresh);  // not dropped by looking
  CHECK(mappings.store.statistics().misses == 0);
}

TEST_CASE("a short look says state, project and digest, and counts nothing either") {
  Onlooker mappings;
  const Key nginx = Onlooker::image("nginx");
  const Key secret = Onlooker::asked_by(alice, Onlooker::image("secret"));
  Sha256 digest;
  digest.fill(5);
  CHECK(mappings.store.look(nginx, mappings.now).state == State::absent);
  mappings.store.learn(nginx, 7, digest, mappings.now);
  mappings.store.learn_absent(secret, mappings.now);
  const Found found = mappings.store.look(nginx, mappings.now + 301s);
  CHECK(found.state == State::stale);
  CHECK(found.project == 7);
  CHECK(found.digest == digest);
  CHECK(mappings.store.look(secret, mappings.now).state == State::negative);
  CHECK(mappings.store.peek(nginx, mappings.now)->hits == 0);
  CHECK(mappings.store.statistics().hits == 0);
  CHECK(mappings.store.statistics().misses == 0);
}

TEST_CASE("a walk in steps sees every entry once") {
  Onlooker mappings;
  std::vector<std::string> names;
  for (int i = 0; i < 5000; ++i) names.push_back("team/app-" + std::to_string(i));
  for (const std::string& name : names)
    mappings.store.learn(Onlooker::image(name), 1, std::nullopt, mappings.now);
  std::vector<std::string> seen;
  std::optional<Cursor> at = Cursor{};
  while (at) {
    std::size_t in_step = 0;
    at = mappings.store.for_each_from(
        *at,
        [&](const Entry& entry) {
          if (in_step == 7) return false;
          ++in_step;
          seen.push_back(entry.repository);
          return true;
        },
        mappings.now);
  }
  std::ranges::sort(seen);
  std::ranges::sort(names);
  CHECK(seen == names);
}

}  // namespace
