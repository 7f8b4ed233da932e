// Manifests and configs around made layers.
#include "harbor_router/stub/image.hpp"

#include <nlohmann/json.hpp>

#include "harbor_router/oci/media_type.hpp"
#include "stub/layer.hpp"

namespace harbor_router::stub {
namespace {

using nlohmann::json;

// FNV-1a: the same number for a text in every build.
std::uint64_t seed_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

struct MediaTypes {
  std::string_view index, manifest, config, layer;
};
MediaTypes media_types(ImageFormat format) {
  if (format == ImageFormat::docker) {
    return {oci::docker_list, oci::docker_manifest,
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip"};
  }
  return {oci::oci_index, oci::oci_manifest, "application/vnd.oci.image.config.v1+json",
          "application/vnd.oci.image.layer.v1.tar+gzip"};
}

// "linux/arm64/v8" as the members of a config or of an index's platform.
json platform_members(const std::string& platform) {
  const auto first = platform.find('/');
  const auto second = first == platform.npos ? first : platform.find('/', first + 1);
  json members{{"os", platform.substr(0, first)}, {"architecture", "amd64"}};
  if (first != platform.npos) {
    members["architecture"] = platform.substr(first + 1, second - first - 1);
  }
  if (second != platform.npos) members["variant"] = platform.substr(second + 1);
  return members;
}

json descriptor(std::string_view media_type, const Blob& blob) {
  return {{"mediaType", media_type}, {"digest", blob.digest.str()}, {"size", blob.content->size()}};
}

Manifest platform_manifest(const ImageRecipe& recipe, const std::string& platform, Image& image) {
  const MediaTypes types = media_types(recipe.format);
  json config = platform_members(platform);
  config["created"] = "2026-01-01T00:00:00Z";
  config["config"] = {
      {"Cmd", {"/hello"}}, {"Env", {"PATH=/bin"}}, {"Labels", {{"seed", recipe.seed}}}};
  config["rootfs"] = {{"type", "layers"}, {"diff_ids", json::array()}};
  config["history"] = json::array();
  json layers = json::array();
  for (std::size_t i = 0; i < recipe.layer_sizes.size(); ++i) {
    const std::string number = std::to_string(i);
    const Layer layer =
        make_layer({.name = "file" + number,
                    .bytes = {.seed = seed_of(recipe.seed + "|" + platform + "|" + number),
                              .size = recipe.layer_sizes[i]}});
    config["rootfs"]["diff_ids"].push_back(layer.diff_id.str());
    config["history"].push_back({{"created", "2026-01-01T00:00:00Z"}, {"created_by", "stand-in"}});
    layers.push_back(descriptor(types.layer, layer.blob));
    image.blobs.push_back(layer.blob);
  }
  const Blob config_blob = bytes_blob(config.dump());
  image.blobs.push_back(config_blob);
  const json manifest{{"schemaVersion", 2},
                      {"mediaType", types.manifest},
                      {"config", descriptor(types.config, config_blob)},
                      {"layers", layers}};
  return make_manifest(types.manifest, manifest.dump());
}

}  // namespace

Manifest make_manifest(std::string_view media_type, std::string bytes) {
  auto digest = oci::Digest::of(bytes);
  return {.media_type = std::string(media_type),
          .bytes = std::move(bytes),
          .digest = std::move(digest)};
}

Image make_image(const ImageRecipe& recipe) {
  const MediaTypes types = media_types(recipe.format);
  Image image{.manifest = make_manifest(types.index, "{}"), .children = {}, .blobs = {}};
  for (const auto& platform : recipe.platforms) {
    image.children.push_back(platform_manifest(recipe, platform, image));
  }
  if (image.children.size() == 1) {
    image.manifest = std::move(image.children.front());
    image.children.clear();
    return image;
  }
  json index{{"schemaVersion", 2}, {"mediaType", types.index}, {"manifests", json::array()}};
  for (std::size_t i = 0; i < image.children.size(); ++i) {
    index["manifests"].push_back({{"mediaType", types.manifest},
                                  {"digest", image.children[i].digest.str()},
                                  {"size", image.children[i].bytes.size()},
                                  {"platform", platform_members(recipe.platforms[i])}});
  }
  image.manifest = make_manifest(types.index, index.dump());
  return image;
}

}  // namespace harbor_router::stub
