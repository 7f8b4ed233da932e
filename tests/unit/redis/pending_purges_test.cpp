#include "harbor_router/redis/pending_purges.hpp"

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::redis;
using namespace std::chrono_literals;

namespace {

struct Purges {
  PendingPurges pending{100ms};
  base::TimePoint now{1h};

  void add(const std::string& pattern) { pending.add(pattern, now); }
  void heard(const std::string& pattern) { pending.heard(pattern, now); }
  PendingPurges::Purge begin() { return pending.oldest().value(); }
  void done(const PendingPurges::Purge& purge) { pending.done(purge, now); }
  [[nodiscard]] bool doubts(const std::string& repository) {
    return pending.matches({.repository = repository, .reference = "1"}, now);
  }
};

}  // namespace

TEST_CASE("what is read of a purged image is doubted until Redis is purged, and answers are in") {
  Purges purges;
  purges.add("nginx");
  CHECK(purges.doubts("nginx"));
  CHECK_FALSE(purges.doubts("redis"));
  purges.now += 24h;
  CHECK(purges.doubts("nginx"));
  purges.done(purges.begin());
  CHECK_FALSE(purges.pending.oldest());
  purges.now += 99ms;
  CHECK(purges.doubts("nginx"));
  purges.now += 1ms;
  CHECK_FALSE(purges.doubts("nginx"));
}

TEST_CASE("a purge that another replica did is doubted as long as an answer may be under way") {
  Purges purges;
  purges.heard("nginx");
  CHECK_FALSE(purges.pending.oldest());
  CHECK(purges.doubts("nginx"));
  purges.now += 100ms;
  CHECK_FALSE(purges.doubts("nginx"));
}

TEST_CASE("purges wait in their order, each pattern once, also one asked for again meanwhile") {
  Purges purges;
  purges.add("nginx");
  purges.add("redis");
  const auto first = purges.begin();
  CHECK(first.pattern == "nginx");
  purges.add("nginx");
  purges.done(first);  // it may have missed what came after it began
  CHECK(purges.begin().pattern == "redis");
  purges.done(purges.begin());
  CHECK(purges.begin().pattern == "nginx");
  CHECK(purges.doubts("nginx"));
}

TEST_CASE("too many purges become one of everything") {
  Purges purges;
  for (std::size_t i = 0; i <= PendingPurges::most; ++i) purges.add("app" + std::to_string(i));
  CHECK(purges.begin().pattern == "*");
  CHECK(purges.doubts("nginx"));
  purges.done(purges.begin());
  CHECK_FALSE(purges.pending.oldest());
}
