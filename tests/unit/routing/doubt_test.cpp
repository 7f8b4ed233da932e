// The project that a mapping names refuses a person: his rights, or his token that has died. Until
// somebody has looked, what another project has by that name is not learnt.
#include <doctest/doctest.h>

#include "harbor_router/oci/media_type.hpp"
#include "unit/routing/scripted_harbor.hpp"

using namespace harbor_router;
using namespace harbor_router::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t doubted_person = 11;
const std::string right_bytes = R"({"schemaVersion":2,"own":true})";
const std::string namesake_bytes = R"({"schemaVersion":2,"other":true})";

// ghcr has nginx:1, so long ago, and refuses now; quay has one of that name too.
struct DoubtWorld : RouterWorld {
  explicit DoubtWorld(std::chrono::seconds ago) {
    learnt("1", "ghcr", ago);
    harbor.projects["ghcr"] = says(Outcome::refused);
    harbor.projects["quay"] = has(namesake_bytes);
  }
};

}  // namespace

TEST_CASE("what a person finds past a refusal moves no mapping before his token is vouched for") {
  for (const auto ago : {0s, 3600s}) {
    for (const Method method : {Method::head, Method::get}) {
      CAPTURE(ago.count());
      CAPTURE(static_cast<int>(method));
      DoubtWorld world(ago);
      const bool lapsed = ago > 0s;
      const Resolution found = world.manifest("1", method, doubted_person);
      CHECK(found.kind == Kind::chosen);
      CHECK(found.project->name == "quay");
      CHECK(found.known_refused);
      CHECK(world.mapping("1").state == (lapsed ? store::State::lapsed : store::State::fresh));
      CHECK(world.mapping("1").project == 1);
      CHECK(world.mapping("").state == store::State::absent);
      CHECK(world.mapping(found.answer->digest->str()).state == store::State::absent);

      world.resolver.learn_found(world.pull_of("1", method, doubted_person), found);
      CHECK(world.mapping("1").project == (lapsed ? 3 : 1));
      CHECK(world.mapping("").project == 3);
      CHECK(world.mapping(found.answer->digest->str()).project == 3);
    }
  }
}

TEST_CASE("a digest, the router's account and a project no mapping names leave no doubt") {
  const std::string digest = oci::Digest::of(namesake_bytes).str();
  DoubtWorld world(0s);
  world.learnt(digest, "ghcr");
  const Resolution by_digest = world.manifest(digest, Method::get, doubted_person);
  CHECK(by_digest.project->name == "quay");
  CHECK_FALSE(by_digest.known_refused);
  const Resolution unknown = world.manifest("2", Method::get, doubted_person);
  CHECK(unknown.project->name == "quay");
  CHECK_FALSE(unknown.known_refused);
  CHECK(world.mapping("2").project == 3);
  const Resolution service = world.manifest("1", Method::get);
  CHECK(service.kind == Kind::all_refused);
  CHECK_FALSE(service.known_refused);
  world.harbor.projects["ghcr"] = has(right_bytes);
  CHECK_FALSE(world.manifest("1", Method::get, doubted_person).known_refused);
}

TEST_CASE("nor do lists found past a refusal move a repository") {
  for (const auto ago : {0s, 3600s}) {
    CAPTURE(ago.count());
    DoubtWorld world(ago);
    world.learnt("", "ghcr", ago);
    world.harbor.projects["quay"] = lists(R"({"name":"nginx","tags":["1"]})");
    routing::Pull pull = world.pull_of("", Method::get, doubted_person);
    pull.question.endpoint = oci::Endpoint::tags;
    const Resolution tags = run(world.context, world.resolver.tags(pull));
    CHECK(tags.project->name == "quay");
    CHECK(tags.known_refused);
    CHECK(world.mapping("").project == 1);
    world.resolver.learn_found(pull, tags);
    CHECK(world.mapping("").project == (ago > 0s ? 3 : 1));
  }
  const std::string subject = oci::Digest::of(right_bytes).str();
  DoubtWorld world(0s);
  world.learnt(subject, "ghcr");
  world.harbor.projects["quay"] = [](const Question&) {
    return Answer{.outcome = Outcome::hit,
                  .status = 200,
                  .content_type = std::string(oci::oci_index),
                  .body = std::make_shared<const std::string>(
                      R"({"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":")" +
                      oci::Digest::of("x").str() + R"(","size":1}]})")};
  };
  routing::Pull pull = world.pull_of(subject, Method::get, doubted_person);
  pull.question.endpoint = oci::Endpoint::referrers;
  const Resolution referrers = run(world.context, world.resolver.referrers(pull));
  CHECK(referrers.kind == Kind::chosen);
  CHECK(referrers.known_refused);
  CHECK(world.mapping("").state == store::State::absent);
}
