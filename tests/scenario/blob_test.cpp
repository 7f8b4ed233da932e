// Blobs: found, streamed, cut.
#include <signal.h>

#include <algorithm>

#include <doctest/doctest.h>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

namespace {

std::string path_of(const stub::Blob& blob) {
  return "/v2/proxy/team/app/blobs/" + blob.digest.str();
}

stub::Blob put(World& world, const std::string& in, stub::Pattern pattern) {
  stub::Blob blob = stub::pattern_blob(pattern);
  world.harbor.add_blob({in, "team/app", ""}, blob);
  return blob;
}

// A client that leaves once Harbor has been asked for his blob.
void ask_and_leave(World& world, const stub::Blob& blob) {
  Client client(world.router->port());
  client.send("GET", path_of(blob), {});
  CHECK(world.harbor.wait_for(
      {.requests = 1, .filter = {.method = "GET", .endpoint = Endpoint::blobs}}, 20s));
  client.close();
}

}  // namespace

TEST_CASE("an uncached blob, 404 to HEAD in Harbor, is found all the same") {
  World world;
  const stub::Blob blob = put(world, "quay", {.seed = 3, .size = 700'000});
  const Reply reply = get(*world.router, path_of(blob));
  CHECK(reply.status == 200);
  CHECK(digest_of(reply.body) == blob.digest.str());
  CHECK(reply.header("X-Harbor-Router-Project") == "quay");
  const Reply head_reply = head(*world.router, path_of(blob));
  CHECK(head_reply.status == 200);
  CHECK(head_reply.header("Content-Length") == "700000");
  const std::string nowhere = "sha256:" + std::string(64, '0');
  CHECK(get(*world.router, "/v2/proxy/team/app/blobs/" + nowhere).status == 404);
  CHECK(head(*world.router, "/v2/proxy/team/app/blobs/" + nowhere).status == 404);
}

TEST_CASE("ranges of a cached blob pass, single and past the end") {
  World world;
  const Image image = stub::make_image({.seed = "app", .layer_sizes = {300'000}});
  world.has("ghcr", "team/app", "1", image);
  world.harbor.cache({"ghcr", "team/app", "1"});
  const stub::Blob& blob = *std::max_element(
      image.blobs.begin(), image.blobs.end(),
      [](const auto& a, const auto& b) { return a.content->size() < b.content->size(); });
  const std::string whole = get(*world.router, path_of(blob)).body;
  REQUIRE(digest_of(whole) == blob.digest.str());
  const Reply part = get(*world.router, path_of(blob), {{"Range", "bytes=1000-200999"}});
  CHECK(part.status == 206);
  CHECK(part.body == whole.substr(1000, 200'000));
  CHECK(part.header("Content-Range") == "bytes 1000-200999/" + std::to_string(whole.size()));
  const Reply rest = get(*world.router, path_of(blob), {{"Range", "bytes=5-"}});
  CHECK(rest.body == whole.substr(5));
  CHECK(get(*world.router, path_of(blob), {{"Range", "bytes=99999999-"}}).status == 416);
  CHECK(head(*world.router, path_of(blob), {{"Range", "bytes=5-"}}).status == 200);
}

TEST_CASE("If-Range and If-None-Match compare with the blob's digest") {
  World world;
  const Image image = stub::make_image({.seed = "app", .layer_sizes = {300'000}});
  world.has("ghcr", "team/app", "1", image);
  world.harbor.cache({"ghcr", "team/app", "1"});
  const stub::Blob& blob = image.blobs.front();
  const std::string tag = '"' + blob.digest.str() + '"';
  const Field range{"Range", "bytes=5-"};
  CHECK(get(*world.router, path_of(blob), {range, {"If-Range", tag}}).status == 206);
  const Reply whole = get(*world.router, path_of(blob), {range, {"If-Range", "\"other\""}});
  CHECK(whole.status == 200);
  CHECK(digest_of(whole.body) == blob.digest.str());
  for (const std::string& has_it : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    CAPTURE(has_it);
    CHECK(get(*world.router, path_of(blob), {{"If-None-Match", has_it}}).status == 304);
    CHECK(head(*world.router, path_of(blob), {{"If-None-Match", has_it}}).status == 304);
  }
  CHECK(get(*world.router, path_of(blob), {{"If-None-Match", "\"other\""}, {"If-None-Match", tag}})
            .status == 304);
  CHECK(get(*world.router, path_of(blob), {{"If-None-Match", "\"other\""}}).status == 200);
}

TEST_CASE("a redirect to storage is handed on") {
  World world;
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  world.harbor.cache({"ghcr", "team/app", "1"});
  world.harbor.set_blob_delivery("ghcr", stub::BlobDelivery::redirect_to_storage);
  const Reply reply = get(*world.router, path_of(image.blobs.front()));
  CHECK(reply.status == 307);
  CHECK(reply.header("Location").find("/storage/") != std::string::npos);
}

TEST_CASE("a blob the known project lost is found elsewhere") {
  World world;
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  CHECK(get(*world.router, "/v2/proxy/team/app/manifests/1", {accepts_manifests()}).status == 200);
  const stub::Blob other = put(world, "quay", {.seed = 9, .size = 5000});
  const Reply reply = get(*world.router, path_of(other));
  CHECK(reply.status == 200);
  CHECK(reply.header("X-Harbor-Router-Project") == "quay");
}

TEST_CASE("a blob cut by Harbor ends short at the client, never as if whole") {
  World world(Environment{{"BLOB_RESUME_MAX", "0"}});
  const stub::Blob blob = put(world, "quay", {.seed = 4, .size = 2'000'000});
  world.harbor.set_fault(
      {.requests = {.method = "GET", .project = "quay", .endpoint = Endpoint::blobs}},
      {.then = fault::Cut{.after_bytes = 1'000'000}});
  const Reply reply = get(*world.router, path_of(blob));
  CHECK_FALSE(reply.error.empty());
  CHECK(reply.body.size() <= 1'000'000);
}

TEST_CASE("a client that leaves frees the connection to Harbor") {
  World world;
  const stub::Blob blob = put(world, "quay", {.seed = 5, .size = 50'000'000});
  ask_and_leave(world, blob);
  CHECK(world.harbor.wait_until_in_progress(0, 20s));
}

TEST_CASE("a client that leaves before his blob's answer frees the connection to Harbor too") {
  World world(Environment{{"RESOLVER_TIMEOUT", "60s"}});
  const stub::Blob blob = put(world, "quay", {.seed = 5, .size = 300'000});
  world.harbor.set_fault({.requests = {.method = "GET", .endpoint = Endpoint::blobs}},
                         {.then = fault::Hang{}});
  ask_and_leave(world, blob);
  CHECK(world.harbor.wait_until_in_progress(0, 20s));
  CHECK(world.asked("GET", std::nullopt, Endpoint::blobs) == 1);  // nor is another project asked
}

TEST_CASE("a client that leaves before the first byte of its blob takes nobody along") {
  World world;
  const stub::Blob blob = put(world, "quay", {.seed = 5, .size = 3'000'000});
  world.harbor.set_fault({.requests = {.method = "GET", .endpoint = Endpoint::blobs}},
                         {.delay = 300ms});
  ask_and_leave(
      world,
      blob);  // all that came was read: what is sent now is answered by RST, and then is EPIPE
  CHECK(world.harbor.wait_until_in_progress(0, 20s));
  world.harbor.clear_faults();
  CHECK(digest_of(get(*world.router, path_of(blob)).body) == blob.digest.str());
  CHECK(world.router->ignores(SIGPIPE));
}

TEST_CASE("a gigabyte to a slow reader is not held in memory") {
  World world;
  const stub::Blob blob = put(world, "quay", {.seed = 6, .size = 1ULL << 30});
  CHECK(get(*world.router, "/v2/proxy/team/app/tags/list").status == 404);
  const std::uint64_t idle = world.router->resident_bytes();
  std::uint64_t most = 0;
  Client client(world.router->port());
  client.send("GET", path_of(blob), {});
  std::size_t pieces = 0;
  const std::uint64_t seen = client.receive_slowly(blob.content->size(), [&] {
    if (++pieces % 64 == 0) most = std::max(most, world.router->resident_bytes());
  });
  CHECK(seen >= blob.content->size());
  CHECK(most < idle + 16 * 1024 * 1024);
}

}  // namespace harbor_router::scenario
