#include "harbor_router/oci/manifest_children.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "harbor_router/oci/media_type.hpp"

using namespace harbor_router;
using harbor_router::oci::manifest_children;

namespace {

std::string descriptor(char digit, std::string_view more = "") {
  return R"({"mediaType":"application/x","digest":"sha256:)" + std::string(64, digit) +
         R"(","size":7)" + std::string(more) + "}";
}

}  // namespace

TEST_CASE("an index has manifests with their platforms") {
  const auto children = manifest_children(
      R"({"schemaVersion":2,"mediaType":")" + std::string(oci::oci_index) + R"(","manifests":[)" +
      descriptor('a', R"(,"platform":{"os":"linux","architecture":"arm64","variant":"v8"})") + "," +
      descriptor('b', R"(,"platform":{"os":"linux","architecture":"amd64"})") + "," +
      descriptor('c', R"(,"platform":{"os":"linux"})") + "," + descriptor('d') + "]}");
  REQUIRE(children.has_value());
  CHECK(children->media_type == oci::oci_index);
  CHECK(children->layers.empty());
  REQUIRE(children->manifests.size() == 4);
  CHECK(children->manifests[0].digest.hex() == std::string(64, 'a'));
  CHECK(children->manifests[0].media_type == "application/x");
  CHECK(children->manifests[0].size == 7);
  CHECK(children->manifests[0].platform == "linux/arm64/v8");
  CHECK(children->manifests[1].platform == "linux/amd64");
  CHECK(children->manifests[2].platform.empty());
  CHECK(children->manifests[3].platform.empty());
}

TEST_CASE("an image has its config and its layers") {
  const auto children = manifest_children(R"({"config":)" + descriptor('1') + R"(,"layers":[)" +
                                          descriptor('2') + "," + descriptor('3') + "]}");
  REQUIRE(children.has_value());
  CHECK(children->media_type.empty());
  CHECK(children->manifests.empty());
  REQUIRE(children->config.has_value());
  CHECK(children->config->digest.hex() == std::string(64, '1'));
  REQUIRE(children->layers.size() == 2);
  CHECK(children->layers[1].digest.hex() == std::string(64, '3'));
}

TEST_CASE("an empty list of manifests makes an index, none does not") {
  for (const std::string_view bytes : {R"({"manifests":[]})", R"({"manifests":null})"})
    CHECK(manifest_children(bytes).value().is_index);
  for (const std::string_view bytes : {"{}", R"({"manifests":{}})", R"({"a":{"manifests":[]}})"})
    CHECK_FALSE(manifest_children(bytes).value().is_index);
}

TEST_CASE("only what stands in its place counts") {
  const auto children = manifest_children(
      R"({"a":{"manifests":[)" + descriptor('1') + R"(]},"manifests":[[)" + descriptor('2') + "]," +
      descriptor('3', R"(,"annotations":{"digest":"x","os":"x"},"x":[{"size":9}],"platform":)"
                      R"({"os":"linux","architecture":"arm64","os.features":["x"]})") +
      R"(],"layers":{"digest":"x"}})");
  REQUIRE(children.has_value());
  REQUIRE(children->manifests.size() == 1);
  CHECK(children->manifests[0].digest.hex() == std::string(64, '3'));
  CHECK(children->manifests[0].size == 7);
  CHECK(children->manifests[0].platform == "linux/arm64");
  CHECK(children->layers.empty());
}

TEST_CASE("what is nested deeply is not read, however long it is") {
  const auto nested = [](std::size_t arrays) {
    return R"({"manifests":)" + std::string(arrays, '[') + std::string(arrays, ']') + "}";
  };
  CHECK(manifest_children(nested(63)).has_value());
  for (const std::size_t arrays : {64U, 2'000'000U}) {
    const auto children = manifest_children(nested(arrays));
    REQUIRE(children.has_error());
    CHECK(children.error().detail.find("deeply") != std::string::npos);
  }
}

TEST_CASE("ill-formed descriptors are passed over") {
  const auto children = manifest_children(
      R"({"mediaType":5,"config":"x","layers":[1,null,{},{"digest":"sha256:bad","size":1},)"
      R"({"digest":5,"size":1},{"size":1},)" +
      descriptor('4', R"(,"size":-1)") + "," + descriptor('5') + R"(],"manifests":{}})");
  REQUIRE(children.has_value());
  REQUIRE(children->layers.size() == 1);
  CHECK(children->layers[0].digest.hex() == std::string(64, '5'));
}

TEST_CASE("at most 4,096 children are read") {
  std::string bytes = R"({"layers":[)" + descriptor('0');
  for (int i = 0; i < 5000; ++i) bytes += ',' + descriptor('0');
  const auto children = manifest_children(bytes + "]}");
  REQUIRE(children.has_value());
  CHECK(children->layers.size() == 4096);
  const auto both = manifest_children(bytes + R"(],"manifests":[)" + descriptor('1') + "]}");
  CHECK(both.value().layers.size() + both.value().manifests.size() == 4096);
}

TEST_CASE("what is no JSON object is a failure") {
  for (const std::string_view bytes :
       {"", "[]", "null", "<html>", "{\"a\":1", "{}x", "\"\xFF\"", "{\"a\":\"\xFF\"}"}) {
    CAPTURE(bytes);
    const auto children = manifest_children(bytes);
    REQUIRE(children.has_error());
    CHECK(children.error().code == base::Errc::invalid);
  }
  CHECK(manifest_children("{}").has_value());
  CHECK(manifest_children(std::string(100'000, '[')).has_error());
}
