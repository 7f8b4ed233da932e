// An image found, remembered and pulled.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;

TEST_CASE("a cold pull asks every project by HEAD and GETs from the winner alone") {
  World world;
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1.0", image);

  const Reply cold = get(*world.router, "/v2/proxy/team/app/manifests/1.0", {accepts_manifests()});
  CHECK(cold.status == 200);
  CHECK(cold.body == image.manifest.bytes);
  CHECK(cold.header("Docker-Content-Digest") == image.manifest.digest.str());
  CHECK(cold.header("Content-Type") == image.manifest.media_type);
  CHECK(cold.header("X-Harbor-Router-Project") == "ghcr");
  CHECK(cold.header("X-Harbor-Router-Cache") == "miss");
  // The winner's word is enough for the answer: the others may still be on their way to Harbor.
  CHECK(world.harbor.wait_for({.requests = 3, .filter = {.method = "HEAD"}}, 20s));
  CHECK(world.harbor.wait_until_in_progress(0, 20s));
  for (const char* name : {"hub", "ghcr", "quay"}) CHECK(world.asked("HEAD", name) == 1);
  CHECK(world.asked("GET") == 1);
  CHECK(world.asked("GET", "ghcr") == 1);

  world.harbor.clear_requests();
  const Reply warm = get(*world.router, "/v2/proxy/team/app/manifests/1.0", {accepts_manifests()});
  CHECK(warm.status == 200);
  CHECK(warm.header("X-Harbor-Router-Cache") == "hit");
  CHECK(world.asked(std::nullopt) == 1);
  CHECK(world.asked("GET", "ghcr") == 1);
}

TEST_CASE("HEAD is answered with length, type and digest, and makes Harbor fetch nothing") {
  World world;
  const Image image = small_image("app");
  world.has("quay", "team/app", "1.0", image);
  const Reply reply =
      head(*world.router, "/v2/proxy/team/app/manifests/1.0", {accepts_manifests()});
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Length") == std::to_string(image.manifest.bytes.size()));
  CHECK(reply.header("Docker-Content-Digest") == image.manifest.digest.str());
  CHECK(reply.header("Content-Type") == image.manifest.media_type);
  CHECK(world.asked("GET") == 0);
  CHECK(world.harbor.cache_jobs("quay").manifests == 0);
}

TEST_CASE("single-component names are library/ at Docker Hub and as they are elsewhere") {
  World world;
  const Image official = small_image("nginx");
  world.has("hub", "library/nginx", "1.25", official);
  const Reply reply = get(*world.router, "/v2/proxy/nginx/manifests/1.25", {accepts_manifests()});
  CHECK(reply.status == 200);
  CHECK(reply.body == official.manifest.bytes);
  CHECK(reply.header("X-Harbor-Router-Project") == "hub");
  // The answer waits for Docker Hub alone.
  CHECK(
      world.harbor.wait_for({.requests = 1, .filter = {.method = "HEAD", .project = "quay"}}, 60s));
  bool elsewhere = false;
  for (const auto& each : world.harbor.requests({.project = "quay"}))
    elsewhere = elsewhere || each.repository == "nginx";
  CHECK(elsewhere);
}

TEST_CASE("ns= narrows the search to the project that mirrors that registry") {
  World world;
  const Image hub = small_image("from hub"), quay = small_image("from quay");
  world.has("hub", "org/app", "1", hub);
  world.has("quay", "org/app", "1", quay);
  const std::string path = "/v2/proxy/org/app/manifests/1";

  const Reply from_hub = get(*world.router, path + "?ns=docker.io", {accepts_manifests()});
  CHECK(from_hub.body == hub.manifest.bytes);
  CHECK(world.asked(std::nullopt, "quay") == 0);
  CHECK(world.asked(std::nullopt, "ghcr") == 0);
  const Reply from_quay = get(*world.router, path + "?ns=quay.io", {accepts_manifests()});
  CHECK(from_quay.body == quay.manifest.bytes);
  CHECK(get(*world.router, path + "?ns=docker.io", {accepts_manifests()}).body ==
        hub.manifest.bytes);
  for (const auto& each : world.harbor.requests())
    CHECK(each.target.find("ns=") == std::string::npos);

  const Reply unknown =
      get(*world.router, path + "?ns=registry.example.org", {accepts_manifests()});
  CHECK(unknown.status == 404);
}

TEST_CASE("a registry's host in the name is a hint too") {
  World world;
  const Image image = small_image("app");
  world.has("ghcr", "org/app", "v1", image);
  const Reply reply =
      get(*world.router, "/v2/proxy/ghcr.io/org/app/manifests/v1", {accepts_manifests()});
  CHECK(reply.status == 200);
  CHECK(reply.body == image.manifest.bytes);
  CHECK(world.asked(std::nullopt, "hub") == 0);
}

TEST_CASE("the three forms of path lead to the same image") {
  World world(Environment{{"ROOT_REGISTRY", "docker.io"}});
  const Image image = small_image("nginx");
  world.has("hub", "library/nginx", "1", image);
  for (const char* path :
       {"/v2/proxy/library/nginx/manifests/1", "/proxy/v2/library/nginx/manifests/1",
        "/v2/library/nginx/manifests/1", "/v2/proxy/nginx/manifests/1"}) {
    CAPTURE(path);
    CHECK(get(*world.router, path, {accepts_manifests()}).body == image.manifest.bytes);
  }
  CHECK(get(*world.router, "/v2/").status == 200);
  CHECK(get(*world.router, "/v2/").header("Docker-Distribution-Api-Version") == "registry/2.0");
  CHECK(get(*world.router, "/proxy/v2/").status == 200);
}

TEST_CASE("a pull by digest with nothing known finds its project") {
  World world;
  const Image image = small_image("app");
  world.has("quay", "team/app", "1.0", image);
  world.harbor.cache({"quay", "team/app", "1.0"});
  const Reply reply =
      get(*world.router, "/v2/proxy/team/app/manifests/" + image.manifest.digest.str(),
          {accepts_manifests()});
  CHECK(reply.status == 200);
  CHECK(reply.body == image.manifest.bytes);
}

TEST_CASE("an index, its children and their blobs come from one project") {
  World world;
  const Image image = stub::make_image(
      {.seed = "multi", .platforms = {"linux/amd64", "linux/arm64"}, .layer_sizes = {100, 5000}});
  world.has("ghcr", "team/multi", "1", image);
  CHECK(get(*world.router, "/v2/proxy/team/multi/manifests/1", {accepts_manifests()}).body ==
        image.manifest.bytes);
  world.forget_the_search();
  for (const auto& child : image.children)
    CHECK(get(*world.router, "/v2/proxy/team/multi/manifests/" + child.digest.str(),
              {accepts_manifests()})
              .body == child.bytes);
  for (const auto& blob : image.blobs) {
    const Reply reply = get(*world.router, "/v2/proxy/team/multi/blobs/" + blob.digest.str());
    CHECK(reply.status == 200);
    CHECK(digest_of(reply.body) == blob.digest.str());
    CHECK(reply.header("Docker-Content-Digest") == blob.digest.str());
  }
  CHECK(world.asked(std::nullopt, "hub") == 0);
  CHECK(world.asked(std::nullopt, "quay") == 0);
  CHECK(world.asked(std::nullopt, "hub", Endpoint::blobs) == 0);
}

TEST_CASE("after a restart between manifest and blobs the blobs are found again") {
  World world;
  const Image image = small_image("app");
  world.has("quay", "team/app", "1.0", image);
  CHECK(get(*world.router, "/v2/proxy/team/app/manifests/1.0", {accepts_manifests()}).status ==
        200);
  world.restart_router();
  for (const auto& blob : image.blobs)
    CHECK(digest_of(get(*world.router, "/v2/proxy/team/app/blobs/" + blob.digest.str()).body) ==
          blob.digest.str());
  CHECK(world.asked("GET", "quay", Endpoint::blobs) >= 2);
}

TEST_CASE("every Accept line reaches Harbor as the client wrote it") {
  World world;
  world.has("hub", "team/app", "1", small_image("app"));
  const std::vector<Field> lines = {{"Accept", std::string(oci::oci_manifest)},
                                    {"Accept", std::string(oci::docker_list)},
                                    {"Accept", "application/json;q=0.5"}};
  CHECK(get(*world.router, "/v2/proxy/team/app/manifests/1", lines).status == 200);
  const auto seen = world.harbor.requests({.method = "GET", .endpoint = Endpoint::manifests});
  REQUIRE(seen.size() == 1);
  REQUIRE(seen[0].accept.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(seen[0].accept[i] == lines[i].value);
  CHECK(seen[0].header("Accept-Encoding") == "identity");
}

TEST_CASE("who takes anything is asked for by every usual type") {
  World world;
  world.has("hub", "team/app", "1", small_image("app"));
  for (const std::vector<Field>& lines :
       {std::vector<Field>{}, {{"Accept", "*/*"}}, {{"Accept", "text/html, */*;q=0.8"}}}) {
    world.harbor.clear_requests();
    CHECK(get(*world.router, "/v2/proxy/team/app/manifests/1", lines).status == 200);
    const auto seen = world.harbor.requests({.method = "GET", .endpoint = Endpoint::manifests});
    REQUIRE(seen.size() == 1);
    REQUIRE(seen[0].accept.size() == lines.size() + 1);
    CHECK(seen[0].accept.back() == oci::usual_accept());
  }
}

TEST_CASE("If-None-Match with the manifest's digest is 304") {
  World world;
  const Image image = small_image("app");
  world.has("hub", "team/app", "1", image);
  const std::string path = "/v2/proxy/team/app/manifests/1";
  const Reply reply =
      get(*world.router, path,
          {accepts_manifests(),
           {"If-None-Match", "\"sha256:0\", \"" + image.manifest.digest.str() + "\""}});
  CHECK(reply.status == 304);
  CHECK(reply.body.empty());
  CHECK(get(*world.router, path, {accepts_manifests(), {"If-None-Match", "\"sha256:0\""}}).status ==
        200);
}

TEST_CASE("a request id is kept when it can be and made when not") {
  World world;
  world.has("hub", "team/app", "1", small_image("app"));
  const std::string path = "/v2/proxy/team/app/manifests/1";
  CHECK(get(*world.router, path, {accepts_manifests(), {"X-Request-Id", "build-17"}})
            .header("X-Request-Id") == "build-17");
  CHECK(world.harbor.requests({.method = "GET", .endpoint = Endpoint::manifests})[0].header(
            "X-Request-Id") == "build-17");
  const std::string made =
      get(*world.router, path, {{"X-Request-Id", "no good!"}}).header("X-Request-Id");
  CHECK(made.size() == 32);
}

TEST_CASE("nothing of Harbor's own reaches a client") {
  World world;
  world.has("ghcr", "team/app", "1", small_image("app"));
  for (const char* path : {"/v2/proxy/team/app/manifests/1", "/v2/proxy/none/manifests/1", "/v2/",
                           "/v2/proxy/team/app/tags/list"}) {
    const Reply reply = get(*world.router, path, {accepts_manifests()});
    CAPTURE(path);
    CHECK_FALSE(reply.has("Set-Cookie"));
    CHECK_FALSE(reply.has("WWW-Authenticate"));
    CHECK(reply.body.find("ghcr/") == std::string::npos);
  }
}

}  // namespace harbor_router::scenario
