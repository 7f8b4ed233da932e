#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "unit/routing/scripted_harbor.hpp"

using namespace harbor_router;
using namespace harbor_router::testing;
using namespace std::chrono_literals;

namespace {

using Log = std::vector<std::string>;

const std::string bytes = R"({"schemaVersion":2,"manifests":[]})";
const std::string digest = oci::Digest::of(bytes).str();
const std::string child = oci::Digest::of("a child").str();
const std::string index_bytes =
    R"({"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
    R"("size":7,"digest":")" +
    child + R"("}]})";

Log with(Log lines, const std::string& last) {
  lines.push_back(last);
  return lines;
}

using Pulling = Running<Resolution>;

}  // namespace

TEST_CASE("an unknown tag is asked of all by HEAD, and fetched from the one that has it") {
  RouterWorld world;
  world.harbor.projects["hub"] = has(bytes);
  const Resolution first = world.manifest("1");
  CHECK(first.kind == Kind::chosen);
  CHECK(first.project->name == "hub");
  CHECK(*first.answer->body == bytes);
  CHECK(first.cache == CacheState::miss);
  CHECK(world.harbor.log() == with(heads_to_all("1"), "GET hub library/nginx 1"));
  const Resolution second = world.manifest("1");
  CHECK(second.kind == Kind::chosen);
  CHECK(second.cache == CacheState::hit);
  CHECK(world.harbor.log() == Log{"GET hub library/nginx 1"});
}

TEST_CASE("HEAD is answered by the HEAD that found it, and learnt too") {
  RouterWorld world;
  world.harbor.projects["quay"] = has(bytes);
  const Resolution head = world.manifest("1", Method::head);
  CHECK(head.kind == Kind::chosen);
  CHECK(head.answer->digest->str() == digest);
  CHECK(world.harbor.log() == heads_to_all("1"));
  CHECK(world.manifest("1", Method::head).cache == CacheState::hit);
  CHECK(world.harbor.log() == Log{"HEAD quay nginx 1"});
}

TEST_CASE("what a policy forbade to HEAD and gives to GET is given") {
  RouterWorld world;
  world.harbor.projects["hub"] = either(says(Outcome::blocked), has(bytes));
  const Resolution resolution = world.manifest("1");
  CHECK(resolution.kind == Kind::chosen);
  CHECK(*resolution.answer->body == bytes);
}

TEST_CASE("what a HEAD leaves out is computed from the manifest") {
  RouterWorld world;
  const auto bare = [](const Question& question) {
    Answer answer = has(bytes)(question);
    if (question.method == Method::head) answer.digest.reset();
    return answer;
  };
  world.harbor.projects["quay"] = bare;
  const Resolution cold = world.manifest("1", Method::head);
  CHECK(cold.answer->digest->str() == digest);
  CHECK(cold.answer->length == bytes.size());
  CHECK(world.harbor.log() == with(heads_to_all("1"), "GET quay nginx 1"));
  const Resolution warm = world.manifest("1", Method::head);
  CHECK(warm.answer->digest->str() == digest);
  CHECK(warm.answer->body == nullptr);
  CHECK(world.harbor.log() == Log{"HEAD quay nginx 1", "GET quay nginx 1"});
}

TEST_CASE("a tag's digest and an index's children are known with it") {
  RouterWorld world;
  world.harbor.projects["ghcr"] = has(index_bytes);
  CHECK(world.manifest("1").kind == Kind::chosen);
  world.harbor.log();
  const std::string index_digest = oci::Digest::of(index_bytes).str();
  CHECK(world.manifest(index_digest).kind == Kind::chosen);
  CHECK(world.manifest(child).kind == Kind::chosen);
  CHECK(world.harbor.log() == Log{"GET ghcr nginx " + index_digest, "GET ghcr nginx " + child});
}

TEST_CASE("an unknown digest is looked for first where its repository is") {
  RouterWorld world;
  world.learnt("", "quay");
  world.harbor.projects["quay"] = has(bytes);
  CHECK(world.manifest(digest).kind == Kind::chosen);
  CHECK(world.harbor.log() == Log{"GET quay nginx " + digest});
  world.harbor.projects["quay"] = says(Outcome::miss);
  world.harbor.projects["hub"] = has(bytes);
  CHECK(world.manifest(digest).project->name == "hub");
  CHECK(world.harbor.log().front() == "GET quay nginx " + digest);
}

TEST_CASE("a digest whose project could not say is asked of the others alone") {
  RouterWorld world;
  world.learnt(digest, "quay");
  world.harbor.projects["quay"] = says(Outcome::failed);
  for (const Method method : {Method::head, Method::get}) {
    const Resolution failed = world.manifest(digest, method);
    CHECK(failed.kind == Kind::failed);
    CHECK(failed.project->name == "quay");
    CHECK(world.harbor.log() ==
          Log{(method == Method::get ? "GET quay nginx " : "HEAD quay nginx ") + digest,
              "HEAD ghcr nginx " + digest, "HEAD hub library/nginx " + digest});
  }
  world.harbor.projects["hub"] = has(bytes);
  CHECK(world.manifest(digest).project->name == "hub");
}

TEST_CASE("a tag is not guessed by its repository") {
  RouterWorld world;
  world.learnt("", "quay");
  world.harbor.projects["hub"] = has(bytes);
  CHECK(world.manifest("2").project->name == "hub");
  CHECK(world.harbor.log() == with(heads_to_all("2"), "GET hub library/nginx 2"));
}

TEST_CASE("a known tag stays with its project when that cannot say") {
  struct Row {
    Outcome outcome;
    Kind kind;
  };
  for (const Row& row :
       {Row{Outcome::limited, Kind::limited}, Row{Outcome::failed, Kind::failed},
        Row{Outcome::timeout, Kind::timed_out}, Row{Outcome::skipped, Kind::unavailable},
        Row{Outcome::blocked, Kind::blocked}, Row{Outcome::refused, Kind::all_refused}}) {
    CAPTURE(harbor::to_string(row.outcome));
    RouterWorld world;
    world.learnt("1", "hub");
    world.harbor.projects["hub"] = says(row.outcome);
    world.harbor.projects["quay"] = has(bytes);
    const Resolution resolution = world.manifest("1");
    CHECK(resolution.kind == row.kind);
    CHECK(resolution.project->name == "hub");
    CHECK(world.harbor.log() == Log{"GET hub library/nginx 1"});
    CHECK(world.mapping("1").project == 2);
  }
}

TEST_CASE("a known tag moves when its own project says that it is gone") {
  RouterWorld world;
  world.learnt("1", "hub");
  world.harbor.projects["quay"] = has(bytes);
  CHECK(world.manifest("1").project->name == "quay");
  CHECK(world.mapping("1").project == 3);
  world.harbor.log();
  CHECK(world.manifest("1").cache == CacheState::hit);
  CHECK(world.harbor.log() == Log{"GET quay nginx 1"});
}

TEST_CASE("what a client with few types of manifest is told holds for him alone") {
  RouterWorld world;
  world.learnt("1", "hub");
  routing::Pull pull = world.pull_of("1");
  pull.question.accept = {std::string(oci::docker_manifest)};
  const auto asks = [&] { return run(world.context, world.resolver.manifest(pull)); };
  SUBCASE("a miss neither forgets the image nor remembers its absence") {
    CHECK(asks().kind == Kind::not_found);
    CHECK(world.mapping("1").project == 2);
    world.harbor.projects["hub"] = has(bytes);
    CHECK(world.manifest("1").cache == CacheState::hit);
  }
  SUBCASE("a hit elsewhere does not move it") {
    world.harbor.projects["quay"] = has(bytes);
    CHECK(asks().project->name == "quay");
    CHECK(world.mapping("1").project == 2);
  }
}

TEST_CASE("a known digest may move at any failure, since its content is checked") {
  for (const Outcome outcome : {Outcome::limited, Outcome::failed, Outcome::timeout,
                                Outcome::skipped, Outcome::miss, Outcome::refused}) {
    CAPTURE(harbor::to_string(outcome));
    RouterWorld world;
    world.learnt(digest, "hub");
    world.harbor.projects["hub"] = says(outcome);
    world.harbor.projects["quay"] = has(bytes);
    CHECK(world.manifest(digest).project->name == "quay");
  }
}

TEST_CASE("a mapping to a project that is gone is no mapping") {
  RouterWorld world;
  world.core.mappings.learn({.repository = "nginx", .reference = "1"}, 99, std::nullopt,
                            base::Clock::now());
  world.harbor.projects["hub"] = has(bytes);
  CHECK(world.manifest("1").project->name == "hub");
  CHECK(world.mapping("1").project == 2);
}

TEST_CASE("a stale mapping is served, and refreshed once in the background") {
  RouterWorld world;
  world.learnt("1", "hub", 301s);
  world.harbor.projects["hub"] = has(bytes);
  world.harbor.holds = [](const Asked& asked) { return asked.question.method == Method::head; };
  for (int i = 0; i < 3; ++i) CHECK(world.manifest("1").cache == CacheState::stale);
  world.finish_background();
  const std::string get = "GET hub library/nginx 1";
  CHECK(world.core.refreshes.size() == 1);
  Log log = world.harbor.log();
  CHECK(std::count(log.begin(), log.end(), "HEAD hub library/nginx 1") == 1);
  CHECK(std::count(log.begin(), log.end(), get) == 3);
  world.harbor.release();
  world.finish_background();
  CHECK(world.mapping("1").state == store::State::fresh);
  CHECK(world.mapping("1").digest);
  CHECK(world.manifest("1").cache == CacheState::hit);
  CHECK(world.harbor.log() == Log{get});
}

TEST_CASE("a refresh that finds the tag gone moves it; one that fails leaves it") {
  RouterWorld world;
  world.learnt("1", "hub", 301s);
  world.harbor.projects["hub"] = says(Outcome::limited);
  world.harbor.projects["quay"] = has(bytes);
  CHECK(world.manifest("1").kind == Kind::limited);
  world.finish_background();
  CHECK(world.mapping("1").project == 2);
  CHECK(world.mapping("1").state == store::State::stale);
  world.harbor.projects["hub"] = either(says(Outcome::miss), says(Outcome::limited));
  CHECK(world.manifest("1").kind == Kind::limited);
  world.finish_background();
  CHECK(world.mapping("1").project == 3);
  CHECK(world.manifest("1").project->name == "quay");
}

TEST_CASE("a refresh that finds it nowhere remembers that") {
  RouterWorld world;
  world.learnt("1", "hub", 301s);
  world.harbor.projects["hub"] = either(says(Outcome::miss), says(Outcome::limited));
  CHECK(world.manifest("1").kind == Kind::limited);
  world.finish_background();
  CHECK(world.manifest("1").cache == CacheState::negative);
}
