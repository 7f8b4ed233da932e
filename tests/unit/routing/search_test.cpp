#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "unit/routing/scripted_harbor.hpp"

using namespace harbor_router;
using namespace harbor_router::testing;

namespace {

using Log = std::vector<std::string>;
using Pulling = Running<Resolution>;

const std::string manifest_bytes = R"({"schemaVersion":2})";
const std::string other_manifest_bytes = R"({"schemaVersion":2,"other":true})";

std::vector<std::unique_ptr<Pulling>> pulls(RouterWorld& world, std::size_t count, Method method,
                                            std::uint64_t identity = 0) {
  std::vector<std::unique_ptr<Pulling>> running;
  for (std::size_t i = 0; i < count; ++i)
    running.push_back(std::make_unique<Pulling>(
        world.context, world.resolver.manifest(world.lasting_pull_of("1", method, identity))));
  return running;
}

}  // namespace

TEST_CASE("before the first discovery nothing is known to be absent") {
  RouterWorld world;
  world.core.projects.set(nullptr);
  CHECK(world.manifest("1").kind == Kind::unavailable);
  CHECK(world.blob(oci::Digest::of("x").str()).kind == Kind::unavailable);
  CHECK(world.tags().kind == Kind::unavailable);
  CHECK(world.referrers(oci::Digest::of("x").str()).kind == Kind::unavailable);
}

TEST_CASE("a hint that no project mirrors leaves nobody to ask") {
  RouterWorld world;
  routing::Pull pull = world.pull_of("1");
  pull.subject.hint = "unknown.example";
  CHECK(run(world.context, world.resolver.manifest(pull)).kind == Kind::no_candidate);
  pull.question.method = Method::head;
  CHECK(run(world.context, world.resolver.manifest(pull)).kind == Kind::no_candidate);
  pull.question.endpoint = oci::Endpoint::tags;
  CHECK(run(world.context, world.resolver.tags(pull)).kind == Kind::no_candidate);
  pull.question.endpoint = oci::Endpoint::blobs;
  CHECK(run(world.context, world.resolver.blob(pull)).kind == Kind::no_candidate);
  CHECK(world.harbor.log().empty());
}

TEST_CASE("absence is remembered only when every project has said so") {
  for (const Method method : {Method::get, Method::head}) {
    RouterWorld world;
    CHECK(world.manifest("1", method).kind == Kind::not_found);
    CHECK(world.harbor.log() == heads_to_all("1"));
    const Resolution again = world.manifest("1", method);
    CHECK(again.kind == Kind::not_found);
    CHECK(again.cache == CacheState::negative);
    CHECK(world.harbor.log().empty());
  }
  struct Row {
    Outcome outcome;
    Kind kind;
  };
  for (const Row& row :
       {Row{Outcome::refused, Kind::refused}, Row{Outcome::limited, Kind::limited},
        Row{Outcome::failed, Kind::failed}, Row{Outcome::timeout, Kind::timed_out},
        Row{Outcome::skipped, Kind::unavailable}, Row{Outcome::blocked, Kind::blocked}}) {
    CAPTURE(harbor::to_string(row.outcome));
    RouterWorld world;
    world.harbor.projects["hub"] = says(row.outcome);
    const Resolution resolution = world.manifest("1");
    CHECK(resolution.kind == row.kind);
    CHECK(resolution.project->name == "hub");
    CHECK(resolution.answer->outcome == row.outcome);
    world.harbor.log();
    CHECK(world.manifest("1").kind == row.kind);
    std::vector<std::string> again = heads_to_all("1");
    // A policy's words are in the answer to GET alone.
    if (row.outcome == Outcome::blocked) again.emplace_back("GET hub library/nginx 1");
    CHECK(world.harbor.log() == again);
  }
}

TEST_CASE("HEAD said yes and GET says no: that is a failure, not an absence") {
  RouterWorld world;
  world.harbor.projects["hub"] = either(has(manifest_bytes), says(Outcome::miss));
  const Resolution resolution = world.manifest("1");
  CHECK(resolution.kind == Kind::failed);
  CHECK(resolution.answer->detail.find("HEAD") != std::string::npos);
  CHECK(world.mapping("1").state == store::State::absent);
  world.harbor.projects["hub"] = either(has(manifest_bytes), says(Outcome::limited));
  CHECK(world.manifest("1").kind == Kind::limited);
  CHECK(world.mapping("1").state == store::State::absent);
}

TEST_CASE("twenty at once are one fan-out and one GET") {
  RouterWorld world;
  world.harbor.projects["hub"] = has(manifest_bytes);
  world.harbor.holds = [](const Asked&) { return true; };
  auto running = pulls(world, 20, Method::get);
  world.finish_background();
  CHECK(world.harbor.log() == heads_to_all("1"));
  world.harbor.release();
  const auto first = running.front()->get().answer;
  for (std::size_t i = 1; i < running.size(); ++i) CHECK(running[i]->get().answer == first);
  CHECK(world.harbor.log() == Log{"GET hub library/nginx 1"});
}

TEST_CASE("an answer read whole takes up no place at its project any more") {
  RouterWorld world(1);
  world.harbor.projects["hub"] = has(manifest_bytes);
  CHECK(world.manifest("1").kind == Kind::chosen);  // HEAD, then GET of the same project
  CHECK(world.manifest("1").kind == Kind::chosen);
}

TEST_CASE("HEAD and GET at once share the fan-out") {
  RouterWorld world;
  world.harbor.projects["hub"] = has(manifest_bytes);
  world.harbor.holds = [](const Asked&) { return true; };
  auto gets = pulls(world, 2, Method::get), heads = pulls(world, 2, Method::head);
  world.finish_background();
  CHECK(world.harbor.log() == heads_to_all("1"));
  world.harbor.release();
  for (auto& each : gets) CHECK(each->get().answer->body != nullptr);
  for (auto& each : heads) CHECK(each->get().kind == Kind::chosen);
}

TEST_CASE("the first to have it ends the wait, however long the others take") {
  RouterWorld world;
  world.harbor.projects["hub"] = has(manifest_bytes);
  world.harbor.holds = [](const Asked& asked) { return asked.project != "hub"; };
  CHECK(world.manifest("1").project->name == "hub");
}

TEST_CASE("the same tag with another digest elsewhere is a conflict, told once") {
  for (const bool late : {false, true}) {
    RouterWorld world;
    std::vector<std::string> conflicts;
    world.core.on_conflict = [&](const routing::Conflict& conflict) {
      conflicts.push_back(conflict.chosen.name + " " + conflict.other.name + " " +
                          conflict.reference);
      CHECK(conflict.chosen_digest == oci::Digest::of(manifest_bytes).str());
      CHECK(conflict.other_digest == oci::Digest::of(other_manifest_bytes).str());
    };
    world.harbor.projects["ghcr"] = has(manifest_bytes);
    world.harbor.projects["hub"] = has(manifest_bytes);
    world.harbor.projects["quay"] = has(other_manifest_bytes);
    if (late) world.harbor.holds = [](const Asked& asked) { return asked.project == "quay"; };
    CHECK(world.manifest("1").project->name == "ghcr");
    world.harbor.release();
    world.finish_background();
    CHECK(conflicts == Log{"ghcr quay 1"});
  }
}

TEST_CASE("a digest has no conflicts") {
  RouterWorld world;
  world.core.on_conflict = [](const routing::Conflict&) { FAIL_CHECK("told"); };
  world.harbor.projects["ghcr"] = has(manifest_bytes);
  world.harbor.projects["quay"] = has(other_manifest_bytes);
  CHECK(world.manifest(oci::Digest::of(manifest_bytes).str()).kind == Kind::chosen);
}

TEST_CASE("people share mappings, but neither answers nor absence nor flights") {
  constexpr std::uint64_t ann = 11, bob = 22;
  RouterWorld world;
  CHECK(world.manifest("1", Method::get, ann).kind == Kind::not_found);
  CHECK(world.manifest("1", Method::get, ann).cache == CacheState::negative);
  world.harbor.projects["hub"] = has(manifest_bytes);
  CHECK(world.manifest("1", Method::get, bob).kind == Kind::chosen);
  world.harbor.log();
  world.core.mappings.forget({.repository = "nginx", .reference = "1"});
  world.core.mappings.forget({.repository = "nginx", .reference = "1", .identity = ann});
  world.harbor.holds = [](const Asked&) { return true; };
  auto anns = pulls(world, 2, Method::get, ann), bobs = pulls(world, 2, Method::get, bob);
  world.finish_background();
  std::vector<std::string> authorizations;
  for (const Asked& each : world.harbor.asked)
    authorizations.push_back(each.question.credentials->authorization);
  const std::string a = "Bearer of person 11", b = "Bearer of person 22";
  CHECK(authorizations == Log{a, a, a, b, b, b});
  world.harbor.release();
  for (auto& each : anns) CHECK(each->get().kind == Kind::chosen);
  for (auto& each : bobs) CHECK(each->get().kind == Kind::chosen);
}

TEST_CASE("one person's mapping gives another only what Harbor gives him") {
  constexpr std::uint64_t ann = 11, bob = 22;
  const auto only_for = [](std::uint64_t identity, const testing::Script& script) {
    return [=](const Question& question) {
      return question.credentials->identity == identity ? script(question)
                                                        : says(Outcome::refused)(question);
    };
  };
  RouterWorld world;
  world.harbor.projects["hub"] = only_for(ann, has(manifest_bytes));
  CHECK(world.manifest("1", Method::get, ann).kind == Kind::chosen);
  world.harbor.log();
  CHECK(world.manifest("1", Method::get, bob).kind == Kind::refused);
  CHECK(world.harbor.log().front() == "GET hub library/nginx 1");

  // Bob has it in a project of his own. That does not push the mapping of the others out.
  world.harbor.projects["quay"] = only_for(bob, has(other_manifest_bytes));
  const Resolution bobs = world.manifest("1", Method::get, bob);
  CHECK(bobs.project->name == "quay");
  CHECK(*bobs.answer->body == other_manifest_bytes);
  world.harbor.log();
  const Resolution anns = world.manifest("1", Method::get, ann);
  CHECK(anns.cache == CacheState::hit);
  CHECK(*anns.answer->body == manifest_bytes);
  CHECK(world.harbor.log() == Log{"GET hub library/nginx 1"});
}

TEST_CASE("a project that comes ends what was said to be absent before") {
  RouterWorld world;
  CHECK(world.manifest("1").kind == Kind::not_found);
  CHECK(world.manifest("1").cache == CacheState::negative);
  world.core.adopt(std::make_shared<const harbor::ProjectList>(three_projects()),
                   base::Clock::now());
  CHECK(world.manifest("1").cache == CacheState::negative);  // the same projects
  world.harbor.projects["own"] = has("a manifest");
  world.core.adopt(three_projects_and_own(), base::Clock::now());
  CHECK(world.manifest("1").project->name == "own");
}

TEST_CASE("a search that a project came too late for is no absence") {
  RouterWorld world;
  world.harbor.holds = [](const Asked&) { return true; };
  const auto searches = pulls(world, 1, Method::get);
  run_until(world.context, [&world] { return world.harbor.asked.size() == 3; });
  world.core.adopt(three_projects_and_own(), base::Clock::now());
  world.harbor.holds = nullptr;
  world.harbor.release();
  CHECK(searches.front()->get().kind == Kind::not_found);
  CHECK(world.manifest("1").cache == CacheState::miss);
}
