#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "harbor_router/oci/media_type.hpp"
#include "unit/routing/scripted_harbor.hpp"

using namespace harbor_router;
using namespace harbor_router::testing;

namespace {

using Log = std::vector<std::string>;

const std::string two_tags = R"({"name":"hub/library/nginx","tags":["1","2"]})";
const std::string no_tags = R"({"name":"hub/library/nginx","tags":[]})";
const std::string null_tags = R"({"name":"hub/library/nginx","tags":null})";

Log gets_to_all(const std::string& query) {
  const std::string end = query.empty() ? "" : " " + query;
  return {"GET ghcr nginx" + end, "GET hub library/nginx" + end, "GET quay nginx" + end};
}

const std::string subject = oci::Digest::of("an image").str();
const std::string one_referrer =
    R"({"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
    R"("size":3,"digest":")" +
    oci::Digest::of("a signature").str() + R"("}]})";
const std::string no_referrers = R"({"schemaVersion":2,"manifests":[]})";

testing::Script index_of(const std::string& body) {
  return [body](const Question& question) {
    Answer answer = lists(body)(question);
    answer.content_type = oci::oci_index;
    return answer;
  };
}

}  // namespace

TEST_CASE("an empty list is what Harbor says of names it does not have") {
  RouterWorld world;
  world.harbor.projects["ghcr"] = lists(no_tags);
  world.harbor.projects["hub"] = lists(null_tags);
  world.harbor.projects["quay"] = lists(two_tags);
  const Resolution resolution = world.tags();
  CHECK(resolution.kind == Kind::chosen);
  CHECK(resolution.project->name == "quay");
  CHECK(*resolution.answer->body == two_tags);
  CHECK(world.harbor.log() == gets_to_all(""));
  CHECK(world.tags("?n=2").cache == CacheState::hit);
  CHECK(world.harbor.log() == Log{"GET quay nginx ?n=2"});
}

TEST_CASE("empty lists everywhere are an absence") {
  RouterWorld world;
  for (const char* project : {"ghcr", "hub", "quay"})
    world.harbor.projects[project] = lists(no_tags);
  CHECK(world.tags().kind == Kind::not_found);
}

TEST_CASE("a page that may be empty does not tell who has the name, so another question does") {
  for (const std::string query : {"?last=z", "?n=0", "?n=5&last=z"}) {
    RouterWorld world;
    world.harbor.projects["hub"] = [](const Question& question) {
      return lists(question.query == "?n=1" ? two_tags : no_tags)(question);
    };
    const Resolution resolution = world.tags(query);
    CHECK(resolution.kind == Kind::chosen);
    CHECK(resolution.project->name == "hub");
    CHECK(*resolution.answer->body == no_tags);
    Log expected = gets_to_all("?n=1");
    expected.push_back("GET hub library/nginx " + query);
    CHECK(world.harbor.log() == expected);
    CHECK(*world.tags(query).answer->body == no_tags);  // known now, and empty is its answer
    CHECK(world.harbor.log() == Log{"GET hub library/nginx " + query});
  }
}

TEST_CASE("a known repository whose list has become empty is looked for elsewhere") {
  RouterWorld world;
  world.learnt("", "hub");
  world.harbor.projects["hub"] = lists(no_tags);
  world.harbor.projects["quay"] = lists(two_tags);
  CHECK(world.tags().project->name == "quay");
}

TEST_CASE("a known repository is not looked for elsewhere while its project cannot say") {
  RouterWorld world;
  world.learnt("", "hub");
  world.harbor.projects["quay"] = lists(two_tags);
  for (const auto& [outcome, kind] :
       {std::pair(Outcome::failed, Kind::failed), std::pair(Outcome::limited, Kind::limited),
        std::pair(Outcome::blocked, Kind::blocked)}) {
    world.harbor.projects["hub"] = says(outcome);
    const Resolution resolution = world.tags();
    CHECK(resolution.kind == kind);
    CHECK(resolution.project->name == "hub");
  }
}

TEST_CASE("a list that is none is a failure, not an absence") {
  RouterWorld world;
  world.harbor.projects["hub"] = lists("<html></html>");
  CHECK(world.tags().kind == Kind::failed);
  world.harbor.projects["quay"] = lists(two_tags);
  CHECK(world.tags().project->name == "quay");
}

TEST_CASE("referrers are asked of the subject's own project, whose word counts") {
  RouterWorld world;
  world.learnt(subject, "hub");
  world.harbor.projects["hub"] = index_of(one_referrer);
  CHECK(*world.referrers(subject).answer->body == one_referrer);
  world.harbor.projects["hub"] = index_of(no_referrers);
  world.harbor.projects["quay"] = index_of(one_referrer);
  CHECK(*world.referrers(subject).answer->body == no_referrers);
  world.harbor.projects["hub"] = says(Outcome::miss);
  CHECK(world.referrers(subject).kind == Kind::not_found);
  world.harbor.projects["hub"] = says(Outcome::failed);
  CHECK(world.referrers(subject).kind == Kind::failed);
  const Log log = world.harbor.log();
  CHECK(log == Log(4, "GET hub library/nginx " + subject));
}

TEST_CASE("referrers of an unknown subject come from whoever has any") {
  RouterWorld world;
  world.harbor.projects["ghcr"] = index_of(no_referrers);
  world.harbor.projects["quay"] = index_of(one_referrer);
  CHECK(world.referrers(subject).project->name == "quay");
  RouterWorld nobody;
  nobody.harbor.projects["ghcr"] = index_of(no_referrers);
  CHECK(nobody.referrers(subject).kind == Kind::not_found);
}

TEST_CASE("an answer to referrers that is no index is a failure") {
  for (const bool known : {false, true}) {
    RouterWorld world;
    if (known) world.learnt(subject, "hub");
    world.harbor.projects["hub"] = lists(two_tags);  // JSON, of another type
    Resolution resolution = world.referrers(subject);
    CHECK(resolution.kind == Kind::failed);
    CHECK(resolution.answer->detail.find("application/json") != std::string::npos);
    for (const char* body : {"no JSON", R"({"a":1})", R"({"manifests":{}})"}) {
      world.harbor.projects["hub"] = index_of(body);
      resolution = world.referrers(subject);
      CHECK(resolution.kind == Kind::failed);
      CHECK(resolution.answer->detail.find("no image index") != std::string::npos);
    }
  }
}
