#include "harbor_router/store/granted_repositories.hpp"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using harbor_router::base::TimePoint;
using harbor_router::store::Grant;
using harbor_router::store::GrantedRepositories;
using harbor_router::store::GrantSettings;

constexpr Grant alices{.identity = 17, .project = 1, .repository = "team/app"};

struct Fixture {
  explicit Fixture(GrantSettings settings = {.ttl = 60s}) : grants(settings) {}
  GrantedRepositories grants;
  TimePoint now = TimePoint{} + 1h;
  bool granted(const Grant& grant) { return grants.has(grant, now); }
};

TEST_CASE("what Harbor gave is granted until its time is over, counted from the question") {
  Fixture at;
  CHECK_FALSE(at.granted(alices));
  at.grants.note(alices, at.now - 20s);
  CHECK(at.granted(alices));
  at.now += 39s;
  CHECK(at.granted(alices));
  at.now += 1s;
  CHECK_FALSE(at.granted(alices));
  at.grants.note(alices, at.now);
  CHECK(at.granted(alices));
}

TEST_CASE("a grant is of these credentials, this project and this repository") {
  Fixture at;
  at.grants.note(alices, at.now);
  Grant other = alices;
  other.identity = 18;
  CHECK_FALSE(at.granted(other));
  other = alices;
  other.project = 2;
  CHECK_FALSE(at.granted(other));
  other = alices;
  other.repository = "team/apps";
  CHECK_FALSE(at.granted(other));
}

TEST_CASE("an older word does not shorten a grant, a refusal ends it") {
  Fixture at;
  at.grants.note(alices, at.now);
  at.grants.note(alices, at.now - 50s);
  at.now += 30s;
  CHECK(at.granted(alices));
  at.grants.withdraw(alices);
  CHECK_FALSE(at.granted(alices));
  CHECK(at.grants.size() == 0);
  at.grants.withdraw(alices);
}

TEST_CASE("credentials that are refused lose all that they were granted, others nothing") {
  Fixture at({.ttl = 60s, .capacity = 4});
  constexpr Grant bobs{.identity = 18, .project = 1, .repository = "team/app"};
  Grant also = alices;
  also.project = 2;
  Grant another = alices;
  another.repository = "team/other";
  for (const Grant& grant : {alices, bobs, also, another, alices}) at.grants.note(grant, at.now);
  at.grants.withdraw_all(99);
  CHECK(at.grants.size() == 4);
  at.grants.withdraw_all(17);
  CHECK(at.grants.size() == 1);
  CHECK(at.granted(bobs));
  for (const Grant& grant : {alices, also, another}) CHECK_FALSE(at.granted(grant));
  at.grants.withdraw_all(17);
  at.grants.note(alices, at.now);
  CHECK(at.granted(alices));
}

TEST_CASE("without a time nothing is granted or held") {
  Fixture at(GrantSettings{});
  at.grants.note(alices, at.now);
  CHECK_FALSE(at.granted(alices));
  CHECK(at.grants.size() == 0);
}

TEST_CASE("a flood of credentials is held within bounds, the oldest go first") {
  Fixture at({.ttl = 60s, .capacity = 100});
  at.grants.note(alices, at.now);
  for (std::uint64_t i = 0; i < 99; ++i)
    at.grants.note({.identity = 1000 + i, .project = 1, .repository = "team/app"}, at.now);
  CHECK(at.granted(alices));
  at.grants.note(alices, at.now + 1s);  // now the youngest
  for (std::uint64_t i = 0; i < 99; ++i)
    at.grants.note({.identity = 2000 + i, .project = 1, .repository = "team/app"}, at.now);
  CHECK(at.grants.size() == 100);
  CHECK(at.granted(alices));
  CHECK_FALSE(at.granted({.identity = 1000, .project = 1, .repository = "team/app"}));
}

TEST_CASE("what is over makes room as others come") {
  Fixture at;
  for (std::uint64_t i = 0; i < 50; ++i)
    at.grants.note({.identity = 1000 + i, .project = 1, .repository = "team/app"}, at.now);
  CHECK(at.grants.size() == 50);
  at.grants.note(alices, at.now + 60s);
  CHECK(at.grants.size() == 1);
}

TEST_CASE("any thread may note, ask and withdraw") {
  Fixture at({.ttl = 60s, .capacity = 50});
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread)
    threads.emplace_back([&at, thread] {
      for (std::uint64_t i = 0; i < 5000; ++i) {
        const Grant grant{.identity = i % 80, .project = 1, .repository = "team/app"};
        at.grants.note(grant, at.now);
        static_cast<void>(at.grants.has(grant, at.now));
        if (i % 3 == thread) at.grants.withdraw(grant);
        if (i % 100 == thread) at.grants.withdraw_all(grant.identity);
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(at.grants.size() <= 50);
}

}  // namespace
