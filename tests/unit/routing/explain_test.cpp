// What an operator is told of a pull, beside what a pull does.
#include <doctest/doctest.h>

#include "unit/routing/scripted_harbor.hpp"

using namespace harbor_router;
using namespace harbor_router::testing;
using routing::Explanation;
using routing::WaitFor;

namespace {

const std::string explained_bytes = R"({"schemaVersion":2,"explained":true})";
const std::string rival_bytes = R"({"schemaVersion":2,"rival":true})";

Explanation explained(RouterWorld& world, const std::string& reference,
                      WaitFor wait = WaitFor::everyone) {
  return run(world.context, world.resolver.explain(world.pull_of(reference), wait));
}

std::string project_of(const Explanation& told) {
  return told.verdict.kind == Kind::chosen ? told.candidates[told.verdict.index].project->name
                                           : std::string();
}

}  // namespace

TEST_CASE("an explanation asks as a pull does, by HEAD alone, and learns nothing") {
  RouterWorld world;
  world.harbor.projects["quay"] = has(explained_bytes);
  const Explanation told = explained(world, "1");
  CHECK(project_of(told) == "quay");
  CHECK(told.ground == Explanation::Ground::fan_out);
  CHECK_FALSE(told.remembered);
  CHECK(world.harbor.log() == heads_to_all("1"));
  CHECK(world.mapping("1").state == store::State::absent);
  world.harbor.projects.clear();
  CHECK(explained(world, "none").verdict.kind == Kind::not_found);
  CHECK(world.mapping("none").state == store::State::absent);
}

TEST_CASE("a mapping decides, and the others are asked only when everybody is waited for") {
  RouterWorld world;
  world.learnt("1", "hub");
  world.harbor.projects["hub"] = has(explained_bytes);
  world.harbor.projects["quay"] = has(rival_bytes);
  const Explanation told = explained(world, "1", WaitFor::verdict);
  CHECK(project_of(told) == "hub");
  CHECK(told.ground == Explanation::Ground::mapping);
  CHECK(told.remembered->state == store::State::fresh);
  CHECK(world.harbor.log() == std::vector<std::string>{"HEAD hub library/nginx 1"});
  const Explanation whole = explained(world, "1");
  CHECK(project_of(whole) == "hub");
  REQUIRE(whole.conflicts.size() == 1);
  CHECK(whole.candidates[whole.conflicts[0]].project->name == "quay");
}

TEST_CASE("a mapping whose project has lost it leaves the choice to the others") {
  RouterWorld world;
  world.learnt("1", "hub");
  world.harbor.projects["ghcr"] = has(explained_bytes);
  const Explanation told = explained(world, "1", WaitFor::verdict);
  CHECK(project_of(told) == "ghcr");
  CHECK(told.ground == Explanation::Ground::fan_out);
  CHECK(world.mapping("1").state == store::State::fresh);  // the pull will forget it, not we
}

TEST_CASE("a tag stays with its project in an outage, and that is what is told") {
  RouterWorld world;
  world.learnt("1", "hub");
  world.harbor.projects["hub"] = says(Outcome::failed);
  world.harbor.projects["ghcr"] = has(explained_bytes);
  const Explanation told = explained(world, "1", WaitFor::verdict);
  CHECK(told.verdict.kind == Kind::failed);
  CHECK(told.candidates[told.verdict.index].project->name == "hub");
}

TEST_CASE("a robot that its mapped project refuses moves no tag, and that is what is told") {
  RouterWorld world;
  world.learnt("1", "hub");
  world.harbor.projects["hub"] = says(Outcome::refused);
  world.harbor.projects["ghcr"] = has(explained_bytes);
  CHECK(explained(world, "1", WaitFor::verdict).verdict.kind == world.manifest("1").kind);
  CHECK(explained(world, "1", WaitFor::verdict).verdict.kind == Kind::all_refused);
}

TEST_CASE("who looks on opens no breaker, and tells of one that is open without asking") {
  RouterWorld world;
  const auto projects = world.core.projects.get();
  for (const harbor::ProjectPointer& project : projects->all()) {
    world.harbor.projects[project->name] = says(Outcome::failed);
    for (int times = 1; times < 1000; ++times)  // one more opens it
      world.core.breakers.answered(*project, {.outcome = Outcome::failed}, base::Clock::now());
  }
  for (int times = 0; times < 3; ++times) CHECK(explained(world, "1").verdict.kind == Kind::failed);
  world.harbor.log();
  CHECK(world.manifest("1").kind == Kind::failed);
  CHECK(world.harbor.log() == heads_to_all("1"));
  world.harbor.projects["hub"] = has(explained_bytes);
  CHECK(explained(world, "1").verdict.kind == Kind::unavailable);
  CHECK(world.harbor.log().empty());
}

TEST_CASE("who looks on tells of a conflict, and counts none") {
  RouterWorld world;
  std::size_t counted = 0;
  world.core.on_conflict = [&](const routing::Conflict&) { ++counted; };
  world.harbor.projects["hub"] = has(explained_bytes);
  world.harbor.projects["quay"] = has(rival_bytes);
  CHECK(explained(world, "1").conflicts.size() == 1);
  CHECK(counted == 0);
}

TEST_CASE("before the first discovery there is nothing to tell") {
  RouterWorld world;
  world.core.projects.set(nullptr);
  CHECK(explained(world, "1").verdict.kind == Kind::unavailable);
}
