#include "harbor_router/routing/breakers.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "harbor_router/http/pool.hpp"
#include "unit/routing/project_lists.hpp"

using namespace harbor_router;
using namespace harbor_router::routing;
using namespace std::chrono_literals;
using base::Errc;
using harbor::Outcome;

namespace {

const base::TimePoint outage_begins{1h};
const harbor::Project hub = testing::project("hub", 1, "docker-hub", "docker.io"),
                      ghcr = testing::project("ghcr", 2, "github-ghcr", "ghcr.io"),
                      quay = testing::project("quay", 3, "quay", "quay.io");

harbor::Answer answered(Outcome outcome, int status) {
  return {.outcome = outcome, .status = status};
}
harbor::Answer unanswered(Errc failure) {
  return {.outcome = harbor::outcome_of(failure), .failure = failure};
}

// Threshold 3, open for 30 s; what changes is told in lines: "ghcr open".
struct BreakerWorld {
  Breakers breakers{{.threshold = 3, .open_for = 30s}};
  std::vector<std::string> told;

  BreakerWorld() {
    breakers.on_change([this](const std::string& project, bool open) {
      told.push_back((project.empty() ? "Harbor" : project) + (open ? " open" : " closed"));
    });
  }
  bool asks(const harbor::Project& project, base::TimePoint now = outage_begins) {
    return !breakers.refuses(project, now);
  }
  void hears(const harbor::Project& project, const harbor::Answer& answer, int times = 1,
             base::TimePoint now = outage_begins) {
    for (int i = 0; i < times; ++i) breakers.answered(project, answer, now);
  }
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("what the system refuses this process says nothing of Harbor") {
  BreakerWorld world;
  world.hears(hub, unanswered(Errc::io), 10);
  CHECK(world.asks(hub));
  CHECK(world.told.empty());
}

TEST_CASE("5xx, timeouts, cut and senseless answers and 429 count as failures of a project") {
  for (const harbor::Answer& failure :
       {answered(Outcome::failed, 500), answered(Outcome::failed, 200),
        answered(Outcome::limited, 429), answered(Outcome::timeout, 504), unanswered(Errc::timeout),
        unanswered(Errc::closed), unanswered(Errc::protocol), unanswered(Errc::digest_mismatch)}) {
    CAPTURE(failure.status);
    CAPTURE(harbor::to_string(failure.outcome));
    BreakerWorld world;
    world.hears(ghcr, failure, 2);
    CHECK(world.asks(ghcr));
    world.hears(ghcr, failure);
    CHECK_FALSE(world.asks(ghcr));
    CHECK(world.asks(hub));
    CHECK(world.told == Told{"ghcr open"});
  }
}

TEST_CASE("404 is an answer, as are a hit, a refusal and a policy's no: they reset the count") {
  for (const harbor::Answer& answer :
       {answered(Outcome::miss, 404), answered(Outcome::hit, 200), answered(Outcome::refused, 401),
        answered(Outcome::blocked, 412)}) {
    CAPTURE(answer.status);
    BreakerWorld world;
    for (int round = 0; round < 5; ++round) {
      world.hears(ghcr, answered(Outcome::failed, 500), 2);
      world.hears(ghcr, answer);
    }
    CHECK(world.asks(ghcr));
    CHECK(world.told.empty());
  }
}

TEST_CASE("what our own limits or a client's leaving ended says nothing of a project") {
  BreakerWorld world;
  world.hears(ghcr, answered(Outcome::failed, 500), 2);
  world.hears(ghcr, answered(Outcome::skipped, 0), 10);
  world.hears(ghcr, unanswered(Errc::cancelled), 10);
  world.hears(ghcr, unanswered(Errc::limited), 10);
  CHECK(world.asks(ghcr));
  world.hears(ghcr, answered(Outcome::failed, 500));  // the count was neither raised nor reset
  CHECK_FALSE(world.asks(ghcr));
}

TEST_CASE("a project left alone is probed by one question, and its answer closes the breaker") {
  BreakerWorld world;
  world.hears(ghcr, answered(Outcome::failed, 500), 3);
  const base::TimePoint later = outage_begins + 30s;
  CHECK(world.breakers.refuses(ghcr, outage_begins).value().wait == 30s);
  CHECK(world.asks(ghcr, later));
  for (int i = 0; i < 50; ++i) CHECK_FALSE(world.asks(ghcr, later));
  world.hears(ghcr, answered(Outcome::miss, 404), 1, later);
  CHECK(world.asks(ghcr, later));
  CHECK(world.told == Told{"ghcr open", "ghcr closed"});
}

TEST_CASE("that a client is refused says nothing of a project, and leaves its probe to others") {
  BreakerWorld world;
  world.hears(ghcr, answered(Outcome::failed, 500), 2);
  world.breakers.refused_client(ghcr, outage_begins);
  CHECK(world.asks(ghcr));
  world.hears(ghcr, answered(Outcome::failed, 500));  // the third in a row
  CHECK_FALSE(world.asks(ghcr));
  world.breakers.refused_client(ghcr, outage_begins);  // of a question put before
  CHECK_FALSE(world.asks(ghcr));

  const base::TimePoint later = outage_begins + 30s;
  for (int i = 0; i < 3; ++i) {
    CHECK(world.asks(ghcr, later));
    CHECK_FALSE(world.asks(ghcr, later));
    world.breakers.refused_client(ghcr, later);
  }
  CHECK(world.told == Told{"ghcr open"});
  CHECK(world.asks(ghcr, later));
  world.hears(ghcr, answered(Outcome::miss, 404), 1, later);
  CHECK(world.told == Told{"ghcr open", "ghcr closed"});
}

TEST_CASE("that a client is refused shows that Harbor is there") {
  BreakerWorld world;
  world.hears(ghcr, unanswered(Errc::connect_failed), 3);
  CHECK(world.asks(quay, outage_begins + 30s));
  world.breakers.refused_client(quay, outage_begins + 30s);
  CHECK(world.asks(ghcr, outage_begins + 30s));
  CHECK(world.told == Told{"Harbor open", "Harbor closed"});
}

TEST_CASE("Harbor out of reach is told apart from a project that fails, whoever was asked") {
  for (const Errc unreachable :
       {Errc::connect_failed, Errc::connect_timeout, Errc::resolve_failed, Errc::tls_failed}) {
    BreakerWorld world;
    for (const auto* project : {&hub, &ghcr, &quay}) world.hears(*project, unanswered(unreachable));
    CHECK(world.told == Told{"Harbor open"});
    const harbor::Project never_asked = testing::project("own", 9, "docker-registry", "r.example");
    for (const auto* project : {&hub, &ghcr, &quay, &never_asked}) {
      const auto refusal = world.breakers.refuses(*project, outage_begins);
      REQUIRE(refusal);
      CHECK(refusal->whom == Refusal::Whom::all_of_harbor);
    }
  }
}

TEST_CASE("a question that is not taken, or an account refused, is no project's fault") {
  BreakerWorld world;
  for (const int status : {400, 405, 414, 431, 451})
    world.hears(ghcr, answered(Outcome::failed, status), 5);
  world.hears(ghcr, unanswered(Errc::refused_account), 5);
  CHECK(world.asks(ghcr));
  CHECK(world.told.empty());
}

TEST_CASE("a stream that has only begun takes back no failure, but ends an open breaker") {
  BreakerWorld world;
  harbor::Answer begun = answered(Outcome::hit, 200);
  http::BufferPool buffers;
  boost::asio::io_context context;
  http::Deadlines deadlines(context);
  http::Pool pool(context, deadlines, http::Origin{}, http::PoolSettings{}, nullptr);
  begun.stream = std::make_unique<http::Exchange>(pool, buffers);
  const auto cut = [&](base::TimePoint at) { world.hears(ghcr, unanswered(Errc::closed), 1, at); };
  for (int i = 0; i < 3; ++i) {
    CHECK(world.asks(ghcr));
    world.breakers.answered(ghcr, begun, outage_begins);
    cut(outage_begins);
  }
  CHECK_FALSE(world.asks(ghcr));
  const base::TimePoint later = outage_begins + 30s;
  CHECK(world.asks(ghcr, later));
  world.breakers.answered(ghcr, begun, later);
  CHECK(world.asks(ghcr, later));
}

TEST_CASE("Harbor recovers within one probe, for every project") {
  BreakerWorld world;
  world.hears(ghcr, unanswered(Errc::connect_failed), 3);
  const base::TimePoint later = outage_begins + 30s;
  CHECK(world.asks(quay, later));  // the probe is whoever comes first
  CHECK_FALSE(world.asks(hub, later));
  CHECK_FALSE(world.asks(quay, later));
  SUBCASE("any answer tells that Harbor is there") {
    world.hears(quay, answered(Outcome::failed, 500), 1, later);
    for (const auto* project : {&hub, &ghcr, &quay}) CHECK(world.asks(*project, later));
    CHECK(world.told == Told{"Harbor open", "Harbor closed"});
  }
  SUBCASE("no connection leaves it alone for as long again") {
    world.hears(quay, unanswered(Errc::connect_failed), 1, later);
    CHECK_FALSE(world.asks(hub, later + 29s));
    CHECK(world.asks(hub, later + 30s));
  }
}

TEST_CASE("an outage of all of Harbor is not held against its projects") {
  BreakerWorld world;
  world.hears(ghcr, unanswered(Errc::connect_failed), 20);
  world.breakers.harbor_answered();  // discovery reached it
  CHECK(world.asks(ghcr));
  CHECK(world.told == Told{"Harbor open", "Harbor closed"});
}

TEST_CASE("a project's probe is not used up while Harbor as a whole is left alone") {
  BreakerWorld world;
  world.hears(ghcr, answered(Outcome::failed, 500), 3);
  const base::TimePoint later = outage_begins + 30s;
  world.hears(hub, unanswered(Errc::connect_failed), 3, later);
  CHECK_FALSE(world.asks(ghcr, later));
  world.breakers.harbor_answered();
  CHECK(world.asks(ghcr, later));
  CHECK_FALSE(world.asks(ghcr, later));
}

TEST_CASE("an onlooker hears what a client would, and leaves the probe to the client") {
  BreakerWorld world;
  CHECK_FALSE(world.breakers.would_refuse(hub, outage_begins));
  world.hears(hub, answered(Outcome::failed, 500), 3);
  CHECK(world.breakers.would_refuse(hub, outage_begins).value().wait == 30s);
  CHECK_FALSE(world.breakers.would_refuse(hub, outage_begins + 31s));
  CHECK_FALSE(world.breakers.would_refuse(hub, outage_begins + 31s));
  CHECK(world.asks(hub, outage_begins + 31s));        // the one probe
  CHECK_FALSE(world.asks(hub, outage_begins + 31s));  // and no other
}

TEST_CASE("as long as Harbor has said that is too early, clients are told to wait") {
  BreakerWorld world;
  harbor::Answer limited = answered(Outcome::limited, 429);
  limited.retry_after = 60s;
  world.hears(ghcr, limited, 3);
  const auto told = [&world](base::TimePoint now) {
    return world.breakers.would_refuse(ghcr, now).value().wait;
  };
  CHECK(told(outage_begins) == 60s);
  CHECK(told(outage_begins + 20s) == 40s);
  CHECK(world.asks(ghcr, outage_begins + 30s));  // the probe is as early as ever
  limited.retry_after = 1s;
  world.hears(ghcr, limited, 1, outage_begins + 30s);
  CHECK(told(outage_begins + 30s) == 30s);
}
