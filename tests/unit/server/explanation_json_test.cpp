#include "server/explanation_json.hpp"

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::server;
using Verdict = routing::Verdict;
using Ground = routing::Explanation::Ground;

namespace {

harbor::Project told_project(std::string name, std::int64_t id, std::string host) {
  return {.name = std::move(name),
          .id = id,
          .registry_id = id,
          .registry =
              harbor::Registry{.id = id, .type = "quay", .url = "https://" + host, .host = host}};
}

// What each project said, in order; the first hit is chosen.
routing::Explanation saying(const std::vector<harbor::Outcome>& outcomes) {
  routing::Explanation told;
  routing::Decision decision(outcomes.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    auto project = std::make_shared<const harbor::Project>(
        told_project("p" + std::to_string(i), static_cast<std::int64_t>(i) + 1, "r.example"));
    told.candidates.push_back({std::move(project), "org/app"});
    told.answers.push_back(
        std::make_shared<const harbor::Answer>(harbor::Answer{.outcome = outcomes[i]}));
    decision.add(i, outcomes[i]);
  }
  told.verdict = decision.verdict(base::TimePoint{});
  return told;
}

const harbor::ProjectList mirrored({told_project("ghcr", 2, "ghcr.io"),
                                    told_project("hub", 1, "docker.io")});
const oci::PathRules unrooted{}, rooted{.root_registry = "docker.io"};
using routing::Subject;

Subject subject_in(std::string_view image, const RouterNames& router) {
  const auto asked = asked_image(image, router, mirrored);
  REQUIRE(asked.has_value());
  return asked->subject;
}

}  // namespace

TEST_CASE("the reason says how sure the choice is") {
  using harbor::Outcome;
  CHECK(reason_of(saying({Outcome::hit})) == "the only project that may have it, and it does");
  CHECK(reason_of(saying({Outcome::miss, Outcome::hit, Outcome::miss})) ==
        "the only one of 3 projects that has it");
  CHECK(reason_of(saying({Outcome::failed, Outcome::hit})) ==
        "the first of 2 projects to say that it has it");
  CHECK(reason_of(saying({Outcome::hit, Outcome::hit})) ==
        "the first of the 2 projects that have it to say so");
  CHECK(reason_of(saying({Outcome::miss, Outcome::miss})) == "none of 2 projects has it");
  CHECK(reason_of(saying({Outcome::miss, Outcome::refused})) ==
        "refused by 1 project of 2, the others do not have it");
  CHECK(reason_of(saying({Outcome::miss, Outcome::failed})).find("p1: failed") !=
        std::string::npos);
  auto remembered = saying({Outcome::hit, Outcome::miss});
  remembered.ground = Ground::mapping;
  CHECK(reason_of(remembered) == "a mapping names this project, and it has it");
  remembered = saying({Outcome::refused, Outcome::miss, Outcome::miss});
  remembered.ground = Ground::mapping;
  remembered.verdict = {.kind = routing::Verdict::Kind::all_refused, .index = 0};
  CHECK(reason_of(remembered) ==
        "a mapping names this project; it refuses (p0: refused), and a pull asks no other");
}

TEST_CASE("what discover prints can be read again, whole") {
  harbor::ProjectList list(
      {told_project("quay", 3, "quay.io"), {.name = "blind", .id = 9, .registry_id = 4}});
  const Json written = projects_json(list, {"a warning"}, {.harbor = "http://h", .max_fanout = 1});
  CHECK(written["projects"][1]["excluded"] == "past MAX_FANOUT_PROJECTS (1)");
  const auto read = projects_of_json(Json::parse(written.dump()));
  REQUIRE(read.has_value());
  const harbor::ProjectList again(*read);
  REQUIRE(again.size() == 2);
  CHECK(again.by_id(3)->registry->host == "quay.io");
  CHECK(again.by_id(3)->registry->type == "quay");
  CHECK_FALSE(again.by_id(9)->registry);
  CHECK(projects_json(again, {"a warning"}, {.harbor = "http://h", .max_fanout = 1}) == written);
  for (const char* wrong : {"[]", "{}", R"({"projects":{}})", R"({"projects":[{"name":"x"}]})",
                            R"({"projects":[{"name":"x","id":"1"}]})"})
    CHECK_MESSAGE(projects_of_json(Json::parse(wrong)).has_error(), wrong);
}

TEST_CASE("a registry that nobody mirrors is not taken for the router's own host") {
  for (const oci::PathRules* paths : {&unrooted, &rooted}) {
    const RouterNames router{.paths = *paths};
    CHECK(subject_in("gcr.io/library/nginx:v1", router) == Subject{"gcr.io", "library/nginx"});
    CHECK(subject_in("ghcr.io/org/x", router) == Subject{"ghcr.io", "org/x"});
    CHECK(subject_in("ghcr.io:443/org/x", router) == Subject{"ghcr.io", "org/x"});
    CHECK(subject_in("registry.example.com/proxy/org/x", router) == Subject{"", "org/x"});
    CHECK(subject_in("nginx", router) == Subject{"", "nginx"});
  }
  const auto guessed = asked_image("gcr.io/library/nginx", {.paths = rooted}, mirrored);
  CHECK(guessed->assumed.find("gcr.io is taken for a registry's host") == 0);
  CHECK(asked_image("gcr.io/library/nginx", {.paths = unrooted}, mirrored)->assumed.empty());
}

TEST_CASE("with a root registry the router's own host means a bare name") {
  const Subject bare{"docker.io", "library/nginx"};
  CHECK(subject_in("localhost:8080/library/nginx", {.paths = rooted}) == bare);
  CHECK(subject_in("127.0.0.1:8080/library/nginx", {.paths = rooted}) == bare);
  CHECK(subject_in("r.example:5000/library/nginx",
                   {.paths = rooted, .public_host = "r.example:5000"}) == bare);
  CHECK(subject_in("r.example/library/nginx", {.paths = rooted, .asked_at = "r.example:9090"}) ==
        bare);
  CHECK(subject_in("[::1]/library/nginx", {.paths = rooted, .asked_at = "[::1]:9090"}) == bare);
}
