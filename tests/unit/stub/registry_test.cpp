#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "harbor_router/oci/media_type.hpp"
#include "unit/stub/client.hpp"

namespace harbor_router::stub::testing {
namespace {

using nlohmann::json;

const ImageName app{.project = "p", .repository = "team/app", .tag = "1"};

std::string error_code(const Reply& reply) {
  return json::parse(reply.body)["errors"][0]["code"].get<std::string>();
}

// A stand-in with p/team/app:1 and a client that holds a token for it.
struct RegistryFixture {
  StandIn harbor;
  Client client{harbor};
  Field token = token_for(harbor, {"p"});
  std::string digest = app_image().manifest.digest.str();
  RegistryFixture() : harbor(one_project()) {}
  Reply get(std::string_view target) { return client.get(target, {token}); }
  Reply head(std::string_view target) { return client.head(target, {token}); }
};

TEST_CASE_FIXTURE(RegistryFixture,
                  "an uncached manifest: headers of the table, and a cache job by GET only") {
  const Reply by_head = head(app_manifest);
  CHECK(by_head.status == 200);
  CHECK(by_head.header("Docker-Content-Digest") == digest);
  CHECK(by_head.header("Etag") == digest);
  CHECK(by_head.header("Content-Length") == std::to_string(app_image().manifest.bytes.size()));
  CHECK(by_head.body.empty());
  CHECK(harbor.cache_jobs("p").manifests == 0);

  const Reply by_tag = get(app_manifest);
  CHECK(by_tag.body == app_image().manifest.bytes);
  CHECK(by_tag.header("Content-Type") == oci::oci_manifest);
  CHECK(by_tag.has("Docker-Content-Digest"));
  CHECK(by_tag.header("Docker-Content-Digest") == "");
  CHECK(by_tag.header("Etag") == "");
  CHECK_FALSE(by_tag.has("Docker-Distribution-Api-Version"));
  CHECK(harbor.cache_jobs("p").manifests == 1);

  const Reply by_digest = client.get("/v2/p/team/app/manifests/" + digest,
                                     {token, {"If-None-Match", "\"" + digest + "\""}});
  CHECK(by_digest.status == 200);
  CHECK(by_digest.header("Docker-Content-Digest") == digest);
  CHECK(by_digest.header("Etag") == digest);
}

TEST_CASE_FIXTURE(RegistryFixture, "a cached manifest: quoted ETag and 304") {
  harbor.cache(app);
  const Reply reply = get(app_manifest);
  CHECK(reply.header("Docker-Content-Digest") == digest);
  CHECK(reply.header("Etag") == "\"" + digest + "\"");
  CHECK(reply.header("Docker-Distribution-Api-Version") == "registry/2.0");
  CHECK(harbor.cache_jobs("p").manifests == 0);
  const Reply unchanged =
      client.get(app_manifest, {token, {"If-None-Match", "\"" + digest + "\""}});
  CHECK(unchanged.status == 304);
  CHECK(unchanged.body.empty());
  CHECK(client.get(app_manifest, {token, {"If-None-Match", "*"}}).status == 200);
  CHECK(get("/v2/p/team/app/manifests/1").status == 200);  // the connection lives on
}

TEST_CASE_FIXTURE(RegistryFixture, "a cached index comes from Redis: unquoted, no API version") {
  const Image multi = make_image({.seed = "multi", .platforms = {"linux/amd64", "linux/arm64"}});
  const ImageName name{"p", "team/multi", "1"};
  harbor.add_image(name, multi);
  harbor.cache(name);
  const Reply reply = get("/v2/p/team/multi/manifests/1");
  CHECK(reply.header("Content-Type") == oci::oci_index);
  CHECK(reply.header("Etag") == multi.manifest.digest.str());
  CHECK_FALSE(reply.has("Docker-Distribution-Api-Version"));
  const Reply child = get("/v2/p/team/multi/manifests/" + multi.children[0].digest.str());
  CHECK(child.body == multi.children[0].bytes);
  CHECK(child.has("Docker-Distribution-Api-Version"));
}

TEST_CASE_FIXTURE(RegistryFixture, "what is not there is 404 NOT_FOUND") {
  for (const char* target :
       {"/v2/p/team/app/manifests/2", "/v2/p/team/none/manifests/1", "/v2/p/team/app/manifests/..",
        "/v2/p/team/app/manifests/sha256:bad", "/v2/p/Team/app/manifests/1"}) {
    const Reply reply = get(target);
    CHECK(reply.status == 404);
    CHECK(error_code(reply) == "NOT_FOUND");
  }
  CHECK(head("/v2/p/team/app/manifests/2").body.empty());
}

TEST_CASE_FIXTURE(RegistryFixture, "the registry behind a project decides, else what is cached") {
  const auto code = [&] { return get(app_manifest).status; };
  harbor.set_upstream("p", UpstreamState::failing);
  CHECK(code() == 404);
  harbor.set_upstream("p", UpstreamState::rate_limited);
  const Reply limited = get(app_manifest);
  CHECK(limited.status == 429);
  CHECK(error_code(limited) == "TOO_MANY_REQUEST");
  CHECK_FALSE(limited.has("Retry-After"));
  harbor.set_registry_status("p", "unhealthy");
  CHECK(code() == 404);
  harbor.cache(app);
  CHECK(code() == 200);
  harbor.set_registry_status("p", "healthy");
  CHECK(code() == 200);
  harbor.set_upstream("p", UpstreamState::answering);
  harbor.remove_tag(app);
  CHECK(code() == 404);
}

TEST_CASE_FIXTURE(RegistryFixture, "a tag moves: the old digest stays, the new one is not cached") {
  harbor.cache(app);
  const Image next = make_image({.seed = "next"});
  harbor.add_image(app, next);
  CHECK(get(app_manifest).body == next.manifest.bytes);
  CHECK(harbor.cache_jobs("p").manifests == 1);
  CHECK(get("/v2/p/team/app/manifests/" + digest).status == 200);
}

TEST_CASE("caching on GET makes the image local at once") {
  Options options = one_project();
  options.caching = Caching::on_get;
  const StandIn harbor(std::move(options));
  Client client(harbor);
  const Field token = token_for(harbor, {"p"});
  CHECK_FALSE(client.get(app_manifest, {token}).has("Docker-Distribution-Api-Version"));
  CHECK(client.get(app_manifest, {token}).has("Docker-Distribution-Api-Version"));
}

TEST_CASE_FIXTURE(RegistryFixture, "a policy blocks an image once it is local") {
  harbor.violate_policy(app);
  CHECK(get(app_manifest).status == 200);
  harbor.cache(app);
  const Reply blocked = get(app_manifest);
  CHECK(blocked.status == 412);
  CHECK(error_code(blocked) == "PROJECTPOLICYVIOLATION");
}

TEST_CASE("docker-hub projects send a single name to library/ by 301") {
  Options options;
  auto hub = proxy_project("hub", "docker-hub");
  hub.images.push_back({"library/hello", "latest", app_image()});
  options.projects.push_back(std::move(hub));
  const StandIn harbor(std::move(options));
  Client client(harbor);
  const Field token = token_for(harbor, {"hub"});
  const std::string digest = app_image().blobs[0].digest.str();
  for (const char* method : {"GET", "HEAD"}) {
    const Reply moved = client.ask(method, "/v2/hub/hello/manifests/latest?ns=docker.io", {token});
    CHECK(moved.status == 301);
    CHECK(moved.header("Location") == "/v2/hub/library/hello/manifests/latest");
    CHECK(client.ask(method, "/v2/hub/hello/tags/list", {token}).header("Location") ==
          "/v2/hub/library/hello/tags/list");
  }
  CHECK(client.get("/v2/hub/hello/blobs/" + digest, {token}).status == 301);
  CHECK(client.head("/v2/hub/hello/blobs/" + digest, {token}).status == 404);
  CHECK(client.get("/v2/hub/hello/referrers/" + digest, {token}).status == 200);
  CHECK(client.get("/v2/hub/library/hello/manifests/latest", {token}).status == 200);
}

TEST_CASE_FIXTURE(RegistryFixture,
                  "tags: sorted pages with Harbor's own path; unknown is an empty 200") {
  for (const char* tag : {"c", "a", "b"}) harbor.add_image({"p", "team/app", tag}, app_image());
  CHECK(json::parse(get("/v2/p/team/app/tags/list").body) ==
        json{{"name", "p/team/app"}, {"tags", {"1", "a", "b", "c"}}});
  const Reply page = get("/v2/p/team/app/tags/list?n=2&last=1");
  CHECK(json::parse(page.body)["tags"] == json{"a", "b"});
  CHECK(page.header("Link") == "</v2/p/team/app/tags/list?last=b&n=2>; rel=\"next\"");
  const Reply end = get("/v2/p/team/app/tags/list?n=2&last=a");
  CHECK(json::parse(end.body)["tags"] == json{"b", "c"});
  CHECK_FALSE(end.has("Link"));
  const Reply zero = get("/v2/p/team/app/tags/list?n=0");
  CHECK(json::parse(zero.body)["tags"] == json::array());
  CHECK_FALSE(zero.has("Link"));
  const Reply unknown = get("/v2/p/no/such/tags/list");
  CHECK(unknown.status == 200);
  CHECK(json::parse(unknown.body) == json{{"name", "p/no/such"}, {"tags", json::array()}});
}

TEST_CASE("referrers: empty unless proxied; filter and pages") {
  Options options = one_project();
  options.projects.push_back(options.projects[0]);
  options.projects[1].name = "q";
  options.projects[1].referrers = ReferrersApi::proxied;
  options.projects[1].referrers_page_size = 1;
  StandIn harbor(std::move(options));
  Client client(harbor);
  const Field token = token_for(harbor, {"p", "q"});
  for (const char* project : {"p", "q"}) {
    for (const char* type : {"sbom", "signature", "sbom"}) {
      harbor.add_referrer(
          {project, "team/app", ""},
          {app_image().manifest.digest, type,
           make_manifest(oci::oci_manifest, std::string("{\"t\":\"") + type + "\"}")});
    }
  }
  const std::string rest = "/team/app/referrers/" + app_image().manifest.digest.str();
  const Reply local = client.get("/v2/p" + rest, {token});
  CHECK(local.header("Content-Type") == oci::oci_index);
  CHECK(json::parse(local.body)["manifests"].empty());
  const Reply first = client.get("/v2/q" + rest + "?artifactType=sbom", {token});
  CHECK(first.header("OCI-Filters-Applied") == "artifactType");
  CHECK(json::parse(first.body)["manifests"].size() == 1);
  CHECK(first.header("Link") == "</v2/q" + rest + "?artifactType=sbom&start=1>; rel=\"next\"");
  const Reply second = client.get("/v2/q" + rest + "?artifactType=sbom&start=1", {token});
  CHECK(json::parse(second.body)["manifests"][0]["artifactType"] == "sbom");
  CHECK_FALSE(second.has("Link"));
}

TEST_CASE_FIXTURE(RegistryFixture, "pushing to a proxy project is 403 DENIED") {
  CHECK(client.ask("PUT", app_manifest, {}, "{}").status == 401);
  const Reply denied = client.ask("PUT", app_manifest, {token}, "{}");
  CHECK(denied.status == 403);
  CHECK(error_code(denied) == "DENIED");
}

}  // namespace
}  // namespace harbor_router::stub::testing
