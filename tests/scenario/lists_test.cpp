// tags/list and referrers: whole documents, page by page.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

namespace {

std::string next_page(const Reply& reply) {
  const std::string link = reply.header("Link");
  REQUIRE(link.starts_with("<"));
  return link.substr(1, link.find('>') - 1);
}

}  // namespace

TEST_CASE("tags are listed under the client's name, page by page, from the project that has them") {
  World world;
  for (const char* tag : {"1", "2", "3"}) world.has("quay", "team/app", tag, small_image(tag));
  const Reply first = get(*world.router, "/v2/proxy/team/app/tags/list?n=2");
  CHECK(first.status == 200);
  const auto body = nlohmann::json::parse(first.body);
  CHECK(body["name"] == "proxy/team/app");
  CHECK(body["tags"] == nlohmann::json({"1", "2"}));
  CHECK(next_page(first).starts_with("/v2/proxy/team/app/tags/list?"));
  const Reply second = get(*world.router, next_page(first));
  CHECK(nlohmann::json::parse(second.body)["tags"] == nlohmann::json({"3"}));
  CHECK(second.header("X-Harbor-Router-Project") == "quay");
  CHECK(get(*world.router, "/v2/proxy/no/such/tags/list").status == 404);
  CHECK(
      nlohmann::json::parse(get(*world.router, "/v2/proxy/team/app/tags/list?last=3").body)["tags"]
          .empty());
}

TEST_CASE("the next page of tags is of the registry that the client named") {
  World world;
  world.has("hub", "team/app", "h1", small_image("h1"));
  for (const char* tag : {"q1", "q2"}) world.has("quay", "team/app", tag, small_image(tag));
  const Reply first = get(*world.router, "/v2/proxy/team/app/tags/list?ns=quay.io&n=1");
  const Reply second = get(*world.router, next_page(first));
  CHECK(nlohmann::json::parse(second.body)["tags"] == nlohmann::json({"q2"}));
  CHECK(second.header("X-Harbor-Router-Project") == "quay");
}

TEST_CASE("HEAD of a list is the GET's head") {
  World world;
  const Image image = small_image("app");
  world.has("quay", "team/app", "1", image);
  for (const std::string& list :
       {std::string("tags/list"), "referrers/" + image.manifest.digest.str()}) {
    CAPTURE(list);
    const std::string path = "/v2/proxy/team/app/" + list;
    const Reply asked_by_head = head(*world.router, path), asked_by_get = get(*world.router, path);
    CHECK(asked_by_head.status == 200);
    CHECK(asked_by_head.body.empty());
    CHECK(asked_by_head.header("Content-Type") == asked_by_get.header("Content-Type"));
    CHECK(asked_by_head.header("Content-Length") == std::to_string(asked_by_get.body.size()));
  }
}

TEST_CASE("referrers are followed page by page") {
  stub::Options options = three_projects();
  for (stub::Project& each : options.projects) {
    each.referrers = stub::ReferrersApi::proxied;
    each.referrers_page_size = 2;
  }
  World world({}, options);
  const Image image = small_image("app");
  world.has("quay", "team/app", "1", image);
  for (const char* seed : {"a", "b", "c", "d", "e"})
    world.harbor.add_referrer({"quay", "team/app", ""}, {.subject = image.manifest.digest,
                                                         .artifact_type = "application/vnd.x+json",
                                                         .manifest = small_image(seed).manifest});
  std::string path = "/v2/proxy/team/app/referrers/" + image.manifest.digest.str() +
                     "?artifactType=application%2Fvnd.x%2Bjson";
  std::size_t seen = 0;
  for (int pages = 0; pages < 3; ++pages) {
    const Reply page = get(*world.router, path);
    CHECK(page.header("OCI-Filters-Applied") == "artifactType");
    seen += nlohmann::json::parse(page.body)["manifests"].size();
    path = page.has("Link") ? next_page(page) : "";
  }
  CHECK(seen == 5);
  CHECK(path.empty());
}

TEST_CASE("referrers are an index, empty when there are none") {
  World world;
  const Image image = small_image("app");
  world.has("quay", "team/app", "1", image);
  const Reply reply =
      get(*world.router, "/v2/proxy/team/app/referrers/" + image.manifest.digest.str());
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Type") == oci::oci_index);
  CHECK(nlohmann::json::parse(reply.body)["manifests"].empty());
}

}  // namespace harbor_router::scenario
