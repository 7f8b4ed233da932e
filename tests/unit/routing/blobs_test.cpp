#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "unit/routing/scripted_harbor.hpp"

using namespace harbor_router;
using namespace harbor_router::testing;

namespace {

using Log = std::vector<std::string>;

const std::string layer = oci::Digest::of("a layer").str();
const std::string other_layer = oci::Digest::of("another layer").str();

// Harbor before it has cached a blob: 404 to HEAD, though GET works.
testing::Script uncached() {
  return either(says(Outcome::miss), says(Outcome::hit));
}

Log with(Log lines, const Log& more) {
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

std::string get(const std::string& project) {
  return "GET " + project + (project == "hub" ? " library/nginx " : " nginx ") + layer;
}

}  // namespace

TEST_CASE("a blob of a known repository is asked of its project alone") {
  RouterWorld world;
  world.learnt("", "hub");
  world.harbor.projects["hub"] = uncached();
  const Resolution resolution = world.blob(layer);
  CHECK(resolution.kind == Kind::chosen);
  CHECK(resolution.cache == CacheState::hit);
  REQUIRE(resolution.blob);
  CHECK(resolution.project->name == "hub");
  CHECK(world.harbor.log() == Log{get("hub")});
}

TEST_CASE("an unknown blob is asked of all by HEAD, then fetched where it is, and learnt") {
  RouterWorld world;
  world.harbor.projects["quay"] = says(Outcome::hit);
  CHECK(world.blob(layer).project->name == "quay");
  CHECK(world.harbor.log() == with(heads_to_all(layer), {get("quay")}));
  CHECK(world.blob(layer).cache == CacheState::hit);
  CHECK(world.harbor.log() == Log{get("quay")});
  CHECK(world.mapping("").project == 3);
}

TEST_CASE("whoever could not say is not asked again in the same pull") {
  RouterWorld world;
  world.learnt("", "hub");
  world.harbor.projects["hub"] = says(Outcome::failed);
  CHECK(world.blob(layer).kind == Kind::failed);
  const Log asked = world.harbor.log();
  CHECK(asked.front() == get("hub"));
  CHECK(std::count_if(asked.begin(), asked.end(), [](const std::string& line) {
          return line.find(" hub ") != std::string::npos;
        }) == 1);
  world.harbor.projects["quay"] = says(Outcome::hit);
  CHECK(world.blob(layer).project->name == "quay");
}

TEST_CASE(
    "who says to HEAD that he has a blob, and is not asked by GET in time, has not given it") {
  RouterWorld world;
  for (const char* project : {"hub", "quay"}) world.harbor.projects[project] = says(Outcome::hit);
  routing::Resolver hasty(world.core, world.harbor, world.context.get_executor(),
                          {.timeout = std::chrono::seconds(0), .retry = {.repeats = 0}});
  routing::Pull pull = world.pull_of(layer);
  pull.question.endpoint = oci::Endpoint::blobs;
  const Resolution resolution = run(world.context, hasty.blob(pull));
  CHECK(resolution.kind == Kind::timed_out);
  CHECK(resolution.blob == nullptr);
}

TEST_CASE("who says 404 to HEAD alone, and is not asked by GET in time, does not lack the blob") {
  for (const char* learnt : {"", "ghcr"}) {
    RouterWorld world;
    if (*learnt != '\0') world.learnt("", learnt);
    routing::Resolver hasty(world.core, world.harbor, world.context.get_executor(),
                            {.timeout = std::chrono::seconds(0), .retry = {.repeats = 0}});
    routing::Pull pull = world.pull_of(layer);
    pull.question.endpoint = oci::Endpoint::blobs;
    CHECK(run(world.context, hasty.blob(pull)).kind == Kind::timed_out);
  }
}

TEST_CASE("a project that did not say in time whether it has the blob is not waited for again") {
  RouterWorld world;
  world.harbor.projects["ghcr"] = says(Outcome::timeout);
  world.harbor.projects["quay"] = uncached();
  CHECK(world.blob(layer).project->name == "quay");
  CHECK(world.harbor.log() == with(heads_to_all(layer), {get("hub"), get("quay")}));
  world.harbor.projects["quay"] = says(Outcome::miss);
  CHECK(world.blob(other_layer).kind == Kind::timed_out);
}

TEST_CASE("where HEAD finds it nowhere, GET is tried in order") {
  RouterWorld world;
  world.harbor.projects["hub"] = uncached();
  world.harbor.projects["quay"] = uncached();
  CHECK(world.blob(layer).project->name == "hub");
  CHECK(world.harbor.log() == with(heads_to_all(layer), {get("ghcr"), get("hub")}));
}

TEST_CASE("a project that has said 404 to GET is not asked again") {
  RouterWorld world;
  world.learnt(layer, "ghcr");
  world.harbor.projects["quay"] = uncached();
  CHECK(world.blob(layer).project->name == "quay");
  CHECK(world.harbor.log() ==
        with(with({get("ghcr")}, heads_to_all(layer)), {get("hub"), get("quay")}));
  CHECK(world.mapping(layer).project == 3);
}

TEST_CASE("a failure of the known project moves on: the content is checked by its layer") {
  for (const Outcome outcome :
       {Outcome::failed, Outcome::limited, Outcome::timeout, Outcome::skipped, Outcome::refused}) {
    RouterWorld world;
    world.learnt("", "ghcr");
    world.harbor.projects["ghcr"] = says(outcome);
    world.harbor.projects["quay"] = says(Outcome::hit);
    CHECK(world.blob(layer).project->name == "quay");
    CHECK(world.mapping("").project == 1);  // one blob says nothing about the repository
  }
}

TEST_CASE("a policy is not got round by asking another project") {
  for (const bool known : {false, true}) {
    RouterWorld world;
    if (known) world.learnt("", "ghcr");
    world.harbor.projects["ghcr"] = says(Outcome::blocked);
    world.harbor.projects["quay"] = says(Outcome::hit);
    const Resolution resolution = world.blob(layer);
    CHECK(resolution.kind == Kind::blocked);
    CHECK(resolution.project->name == "ghcr");
  }
}

TEST_CASE("a word that arrives with the policy's does not undo it") {
  RouterWorld world;
  world.harbor.projects["ghcr"] = says(Outcome::blocked);
  world.harbor.projects["hub"] = says(Outcome::hit);
  const Resolution resolution = world.blob(layer);
  CHECK(resolution.kind == Kind::blocked);
  CHECK(resolution.project->name == "ghcr");
  CHECK(resolution.answer->outcome == Outcome::blocked);
  CHECK(world.harbor.log() == heads_to_all(layer));

  // In the same turn of the loop, and before it by name.
  RouterWorld other;
  other.harbor.projects["ghcr"] = says(Outcome::hit);
  other.harbor.projects["hub"] = [&other](const Question& question) {
    other.harbor.release();
    return says(Outcome::blocked)(question);
  };
  other.harbor.holds = [](const Asked& asked) { return asked.project == "ghcr"; };
  CHECK(other.blob(layer).kind == Kind::blocked);
  CHECK(other.harbor.log() == heads_to_all(layer));
}

TEST_CASE("the client is told in the words of the project that decides") {
  RouterWorld world;
  world.harbor.projects["ghcr"] = [](const Question&) {
    return Answer{
        .outcome = Outcome::limited, .status = 429, .retry_after = std::chrono::seconds(9)};
  };
  world.harbor.projects["quay"] = says(Outcome::failed);
  const Resolution resolution = world.blob(layer);
  CHECK(resolution.kind == Kind::limited);
  CHECK(resolution.project->name == "ghcr");
  CHECK(resolution.answer->retry_after == std::chrono::seconds(9));
}

TEST_CASE("when the chosen project fails at GET, another that has it serves") {
  RouterWorld world;
  world.harbor.projects["ghcr"] = either(says(Outcome::hit), says(Outcome::failed));
  world.harbor.projects["quay"] = says(Outcome::hit);
  const Resolution resolution = world.blob(layer);
  CHECK(resolution.kind == Kind::chosen);
  REQUIRE(resolution.blob);
  CHECK(resolution.project->name == "quay");
}

TEST_CASE("a project that has it after all is asked again") {
  RouterWorld world;
  world.learnt(layer, "quay");
  int gets = 0;
  world.harbor.projects["ghcr"] = either(says(Outcome::hit), says(Outcome::failed));
  world.harbor.projects["quay"] = [&gets](const Question& question) {
    const bool first_get = question.method == Method::get && gets++ == 0;
    return says(first_get ? Outcome::miss : Outcome::hit)(question);
  };
  const Resolution resolution = world.blob(layer);
  CHECK(resolution.kind == Kind::chosen);
  REQUIRE(resolution.blob);
  CHECK(resolution.project->name == "quay");
}

TEST_CASE("what the client is told when nobody serves it") {
  RouterWorld world;
  CHECK(world.blob(layer).kind == Kind::not_found);
  CHECK(world.mapping(layer).state == store::State::absent);  // no absence of blobs is kept
  struct Row {
    Outcome outcome;
    Kind kind;
  };
  for (const Row& row :
       {Row{Outcome::failed, Kind::failed}, Row{Outcome::limited, Kind::limited},
        Row{Outcome::timeout, Kind::timed_out}, Row{Outcome::skipped, Kind::unavailable},
        Row{Outcome::refused, Kind::refused}}) {
    CAPTURE(harbor::to_string(row.outcome));
    world.harbor.projects["hub"] = says(row.outcome);
    CHECK(world.blob(layer).kind == row.kind);
    world.harbor.projects["hub"] = either(says(Outcome::hit), says(row.outcome));
    CHECK(world.blob(layer).kind == row.kind);
  }
}

TEST_CASE("HEAD is answered from a GET where HEAD says 404, without its body") {
  RouterWorld world;
  world.learnt("", "hub");
  world.harbor.projects["hub"] = uncached();
  const Resolution resolution = world.blob(layer, Method::head);
  CHECK(resolution.kind == Kind::chosen);
  CHECK(resolution.blob->stream == nullptr);
  CHECK(world.harbor.log() == Log{"HEAD hub library/nginx " + layer, get("hub")});
}

TEST_CASE("range and conditions go along with GET, never with the search") {
  RouterWorld world;
  world.harbor.projects["hub"] = says(Outcome::hit);
  routing::Pull pull = world.pull_of(layer);
  pull.question.endpoint = oci::Endpoint::blobs;
  pull.question.range = "bytes=5-";
  pull.question.if_none_match = "\"x\"";
  CHECK(run(world.context, world.resolver.blob(pull)).kind == Kind::chosen);
  for (const Asked& each : world.harbor.asked) {
    const bool is_get = each.question.method == Method::get;
    CHECK(each.question.range == (is_get ? "bytes=5-" : ""));
    CHECK(each.question.if_none_match == (is_get ? "\"x\"" : ""));
  }
}
