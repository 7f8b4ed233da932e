#include "harbor_router/stub/image.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "harbor_router/oci/media_type.hpp"

namespace harbor_router::stub {
namespace {

std::string all_of(const Content& content) {
  std::string bytes(content.size(), '\0');
  content.read(0, bytes);
  return bytes;
}

TEST_CASE("the same recipe makes the same image, another seed another one") {
  const Image first = make_image({.seed = "a"});
  CHECK(first.manifest.digest == make_image({.seed = "a"}).manifest.digest);
  CHECK(first.manifest.digest != make_image({.seed = "b"}).manifest.digest);
}

TEST_CASE("every digest and size in an image is that of the bytes") {
  for (const auto format : {ImageFormat::oci, ImageFormat::docker}) {
    const Image image = make_image({.seed = "x", .format = format, .layer_sizes = {0, 70'000}});
    const auto manifest = nlohmann::json::parse(image.manifest.bytes);
    CHECK(manifest["mediaType"] == image.manifest.media_type);
    CHECK(image.manifest.digest.matches(image.manifest.bytes));
    REQUIRE(image.blobs.size() == 3);
    for (const auto& blob : image.blobs) CHECK(blob.digest.matches(all_of(*blob.content)));
    CHECK(manifest["layers"][1]["digest"] == image.blobs[1].digest.str());
    CHECK(manifest["layers"][1]["size"] == image.blobs[1].content->size());
    CHECK(manifest["config"]["digest"] == image.blobs[2].digest.str());
  }
}

TEST_CASE("several platforms make an index of their manifests") {
  const Image image = make_image({.seed = "m", .platforms = {"linux/amd64", "linux/arm64/v8"}});
  CHECK(image.manifest.media_type == oci::oci_index);
  REQUIRE(image.children.size() == 2);
  const auto index = nlohmann::json::parse(image.manifest.bytes);
  CHECK(index["manifests"][1]["digest"] == image.children[1].digest.str());
  CHECK(index["manifests"][1]["platform"]["variant"] == "v8");
  CHECK(image.children[0].digest != image.children[1].digest);
}

TEST_CASE("computed content reads the same at any offset") {
  const Blob pattern = pattern_blob({.seed = 7, .size = 5000});
  const Image image = make_image({.seed = "offsets", .layer_sizes = {200'000}});
  for (const Blob* blob : {&pattern, &image.blobs[0]}) {
    const std::string whole = all_of(*blob->content);
    std::string pieces;
    for (std::size_t step = 1; pieces.size() < whole.size(); step = step * 3 + 1) {
      std::string piece(std::min(step, whole.size() - pieces.size()), '\0');
      blob->content->read(pieces.size(), piece);
      pieces += piece;
    }
    CHECK(pieces == whole);
    CHECK(blob->digest.matches(whole));
  }
}

}  // namespace
}  // namespace harbor_router::stub
