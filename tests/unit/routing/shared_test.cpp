// What replicas know together, as the resolver uses it.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "unit/routing/scripted_harbor.hpp"

using namespace harbor_router;
using namespace harbor_router::testing;
using namespace std::chrono_literals;

namespace {

const std::string shared_bytes = R"({"schemaVersion":2,"manifests":[]})";
const std::string shared_digest = oci::Digest::of(shared_bytes).str();

// The other replicas, as a script.
class ScriptedReplicas final : public routing::SharedMappings {
 public:
  Found knows;
  std::vector<std::string> log;  // "find nginx 1", "publish nginx 1 hub", "forget nginx 1"
  int ignored_values = 0;

  http::Awaitable<Found> find(Wanted wanted) override {
    log.push_back("find " + wanted.repository + " " + wanted.reference +
                  (wanted.or_repository ? " or repository" : ""));
    co_return knows;
  }
  void publish(const store::Record& record) override {
    log.push_back("publish " + record.repository + " " + record.reference + " " +
                  (record.negative ? "nowhere" : record.project));
  }
  void forget(const store::Key& key) override {
    log.push_back("forget " + std::string(key.repository) + " " + std::string(key.reference));
  }
  void ignored() override { ++ignored_values; }

  std::vector<std::string> said() { return std::exchange(log, {}); }
};

struct SharedWorld : RouterWorld {
  ScriptedReplicas replicas;
  SharedWorld() { resolver.share(&replicas); }

  static store::Record record(const std::string& reference, const std::string& project,
                              std::int64_t id) {
    const store::Learnt learnt = {.key = {.repository = "nginx", .reference = reference},
                                  .project = project,
                                  .project_id = id};
    return store::record_of(learnt, {}, store::Now::read().wall);
  }
  static store::Record absence(const std::string& reference) { return record(reference, {}, 0); }
};

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("what another replica learnt is a hit here, without a fan-out, and asked for once") {
  SharedWorld world;
  world.harbor.projects["hub"] = has(shared_bytes);
  world.replicas.knows.reference = SharedWorld::record("1", "hub", 2);
  CHECK(world.manifest("1").cache == CacheState::hit);
  CHECK(world.harbor.log() == Said{"GET hub library/nginx 1"});
  CHECK(world.replicas.said() == Said{"find nginx 1"});
  CHECK(world.manifest("1").cache == CacheState::hit);
  CHECK(world.replicas.said().empty());
}

TEST_CASE("what nobody knows is searched, and told to the others") {
  SharedWorld world;
  world.harbor.projects["hub"] = has(shared_bytes);
  CHECK(world.manifest("1").cache == CacheState::miss);
  CHECK(world.replicas.said() == Said{"find nginx 1", "publish nginx 1 hub", "publish nginx  hub",
                                      "publish nginx " + shared_digest + " hub"});
}

TEST_CASE("a digest is asked for with its repository, in one question") {
  SharedWorld world;
  world.harbor.projects["quay"] = has(shared_bytes);
  world.replicas.knows.repository = SharedWorld::record("", "quay", 3);
  CHECK(world.manifest(shared_digest).cache == CacheState::hit);
  CHECK(world.replicas.said() == Said{"find nginx " + shared_digest + " or repository"});
  CHECK(world.harbor.log() == Said{"GET quay nginx " + shared_digest});
}

TEST_CASE(
    "a project that is unknown, has another id or is none of the candidates is not believed") {
  for (const auto& [project, id] : std::vector<std::pair<std::string, int>>{
           {"secret", 9}, {"hub", 3}, {"quay", 2}, {"secret", 2}}) {
    CAPTURE(project);
    SharedWorld world;
    world.harbor.projects["hub"] = has(shared_bytes);
    world.replicas.knows.reference = SharedWorld::record("1", project, id);
    CHECK(world.manifest("1").cache == CacheState::miss);
    CHECK(world.replicas.ignored_values == 1);
    CHECK(world.harbor.log().size() == 4);  // HEAD to all three, GET from the winner
  }
}

TEST_CASE("absence is shared between those who have the same rights, and with nobody else") {
  SharedWorld world;
  world.replicas.knows.reference = SharedWorld::absence("1");
  constexpr std::uint64_t alice = 17;
  CHECK(world.manifest("1", Method::get, alice).cache == CacheState::miss);
  CHECK(world.replicas.ignored_values == 1);
  CHECK(world.replicas.said() == Said{"find nginx 1"});  // and her own absence is not told
  CHECK(world.manifest("1").cache == CacheState::negative);
  CHECK(world.replicas.said() == Said{"find nginx 1"});
  world.replicas.knows = {};
  CHECK(world.manifest("2").kind == Kind::not_found);
  CHECK(world.replicas.said() == Said{"find nginx 2", "publish nginx 2 nowhere"});
}

TEST_CASE("where a shared mapping's project says no, it is forgotten for all and searched") {
  SharedWorld world;
  world.harbor.projects["quay"] = has(shared_bytes);
  world.replicas.knows.reference = SharedWorld::record("1", "hub", 2);
  const Resolution resolution = world.manifest("1");
  CHECK(resolution.project->name == "quay");
  const Said said = world.replicas.said();
  REQUIRE(said.size() >= 3);
  CHECK(said[0] == "find nginx 1");
  CHECK(said[1] == "forget nginx 1");
  CHECK(said[2] == "publish nginx 1 quay");
}

TEST_CASE("blobs and tags find their repository's project through the others") {
  SharedWorld world;
  world.harbor.projects["quay"] = lists(R"({"name":"nginx","tags":["1"]})");
  world.replicas.knows.repository = SharedWorld::record("", "quay", 3);
  CHECK(world.tags().cache == CacheState::hit);
  CHECK(world.replicas.said() == Said{"find nginx "});
}

TEST_CASE("what the others call absent counts for nothing while a project is new to them") {
  SharedWorld world;
  world.harbor.projects["own"] = has(shared_bytes);
  world.replicas.knows.reference = SharedWorld::absence("1");
  world.core.adopt(three_projects_and_own(), base::Clock::now());
  CHECK(world.manifest("1").project->name == "own");
  CHECK(world.replicas.ignored_values == 0);
}
