#include <doctest/doctest.h>

#include "unit/stub/client.hpp"

namespace harbor_router::stub::testing {
namespace {

const ImageName blob_app{.project = "p", .repository = "team/app", .tag = "1"};

struct BlobsFixture {
  StandIn harbor;
  Client client{harbor};
  Field token = token_for(harbor, {"p"});
  Blob layer = app_image().blobs[0];
  std::string target = "/v2/p/team/app/blobs/" + layer.digest.str();
  std::string bytes = std::string(layer.content->size(), '\0');
  BlobsFixture() : harbor(one_project()) { layer.content->read(0, bytes); }
  Reply range(std::string value) { return client.get(target, {token, {"Range", value}}); }
};

TEST_CASE_FIXTURE(BlobsFixture, "an uncached blob: GET in full whatever the Range, HEAD 404") {
  const Reply reply = range("bytes=5-9");
  CHECK(reply.status == 200);
  CHECK(reply.body == bytes);
  CHECK(reply.header("Docker-Content-Digest") == layer.digest.str());
  CHECK(reply.header("Etag") == layer.digest.str());
  CHECK(reply.header("Content-Type") == "application/x-gzip");
  CHECK_FALSE(reply.has("Docker-Distribution-Api-Version"));
  CHECK(client.head(target, {token}).status == 404);
  CHECK(harbor.cache_jobs("p").blobs == 1);
}

TEST_CASE_FIXTURE(BlobsFixture, "a cached blob: HEAD and ranges") {
  harbor.cache(blob_app);
  const Reply head = client.head(target, {token});
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == std::to_string(bytes.size()));
  CHECK(head.header("Etag") == "\"" + layer.digest.str() + "\"");
  CHECK(client.get(target, {token, {"If-None-Match", head.header("Etag")}}).status == 304);
  const Reply whole = client.get(target, {token});
  CHECK(whole.body == bytes);
  CHECK(whole.header("Accept-Ranges") == "bytes");

  const std::string size = std::to_string(bytes.size());
  const Reply middle = range("bytes=10-19");
  CHECK(middle.status == 206);
  CHECK(middle.body == bytes.substr(10, 10));
  CHECK(middle.header("Content-Range") == "bytes 10-19/" + size);
  CHECK(range("bytes=90000-").body == bytes.substr(90000));
  CHECK(range("bytes=-7").body == bytes.substr(bytes.size() - 7));
  CHECK(range("bytes=" + size + "-").header("Content-Range") == "bytes */" + size);
  CHECK(range("bytes=" + size + "-").status == 416);
  CHECK(range("bytes=9-5").status == 416);

  const Reply several = range("bytes=0-3,70000-70004");
  CHECK(several.status == 206);
  const std::string type = several.header("Content-Type");
  REQUIRE(type.starts_with("multipart/byteranges; boundary="));
  const std::string boundary = "--" + type.substr(type.find('=') + 1);
  const std::string part_type = "\r\nContent-Type: application/octet-stream\r\n\r\n";
  CHECK(several.body == boundary + "\r\nContent-Range: bytes 0-3/" + size + part_type +
                            bytes.substr(0, 4) + "\r\n" + boundary +
                            "\r\nContent-Range: bytes 70000-70004/" + size + part_type +
                            bytes.substr(70000, 5) + "\r\n" + boundary + "--\r\n");
}

TEST_CASE_FIXTURE(BlobsFixture, "a cached blob may live in a storage that wants no Authorization") {
  harbor.set_blob_delivery("p", BlobDelivery::redirect_to_storage);
  CHECK(client.get(target, {token}).status == 200);
  harbor.cache(blob_app);
  const Reply moved = client.get(target, {token});
  CHECK(moved.status == 307);
  const std::string location = moved.header("Location");
  REQUIRE(location.starts_with("http://harbor.test/storage/"));
  const std::string at = location.substr(std::size("http://harbor.test") - 1);
  CHECK(client.get(at, {token}).status == 400);
  const Reply stored = client.get(at, {{"Range", "bytes=1-2"}});
  CHECK(stored.status == 206);
  CHECK(stored.body == bytes.substr(1, 2));
  CHECK_FALSE(stored.has("Set-Cookie"));
}

TEST_CASE_FIXTURE(BlobsFixture, "the registry's failures reach a blob that is not cached") {
  harbor.set_upstream("p", UpstreamState::failing);
  CHECK(client.get(target, {token}).status == 500);
  harbor.set_upstream("p", UpstreamState::rate_limited);
  CHECK(client.get(target, {token}).status == 429);
  harbor.set_registry_status("p", "unhealthy");
  CHECK(client.get(target, {token}).status == 404);
  harbor.cache(blob_app);
  CHECK(client.get(target, {token}).status == 200);
}

TEST_CASE_FIXTURE(BlobsFixture, "a large generated blob is streamed") {
  const Blob large = pattern_blob({.seed = 3, .size = 8'000'001});
  harbor.add_blob(blob_app, large);
  const Reply reply = client.get("/v2/p/team/app/blobs/" + large.digest.str(), {token});
  CHECK(reply.body.size() == 8'000'001);
  CHECK(large.digest.matches(reply.body));
}

}  // namespace
}  // namespace harbor_router::stub::testing
