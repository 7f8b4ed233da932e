#include "harbor_router/oci/manifest_children.hpp"

#include <cstddef>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "harbor_router/base/json_text.hpp"

namespace harbor_router::oci {
namespace {

using nlohmann::json;

constexpr std::size_t most_children = 4096;

std::string string_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string platform_of(const json& descriptor) {
  const auto platform = descriptor.find("platform");
  if (platform == descriptor.end() || !platform->is_object()) return {};
  const std::string os = string_at(*platform, "os");
  const std::string architecture = string_at(*platform, "architecture");
  const std::string variant = string_at(*platform, "variant");
  if (os.empty() || architecture.empty()) return {};
  return os + '/' + architecture + (variant.empty() ? "" : '/' + variant);
}

std::optional<Descriptor> descriptor_of(const json& value) {
  if (!value.is_object()) return std::nullopt;
  auto digest = Digest::parse(string_at(value, "digest"));
  const auto size = value.find("size");
  if (!digest || size == value.end() || !size->is_number_unsigned()) return std::nullopt;
  return Descriptor{.media_type = string_at(value, "mediaType"),
                    .digest = *std::move(digest),
                    .size = size->get<std::uint64_t>(),
                    .platform = platform_of(value)};
}

void append_all(std::vector<Descriptor>& out, const json& manifest, const char* key) {
  const auto list = manifest.find(key);
  if (list == manifest.end() || !list->is_array()) return;
  for (const json& value : *list) {
    auto descriptor = descriptor_of(value);
    if (descriptor && out.size() < most_children) out.push_back(*std::move(descriptor));
  }
}

}  // namespace

base::Result<ManifestChildren> manifest_children(std::string_view bytes) {
  const json manifest = base::read_json<json>(bytes);
  if (!manifest.is_object()) {
    return base::failure(base::Errc::invalid, "the manifest is no JSON object");
  }
  ManifestChildren children{
      .media_type = string_at(manifest, "mediaType"), .manifests = {}, .config = {}, .layers = {}};
  append_all(children.manifests, manifest, "manifests");
  if (const auto config = manifest.find("config"); config != manifest.end()) {
    children.config = descriptor_of(*config);
  }
  append_all(children.layers, manifest, "layers");
  append_all(children.layers, manifest, "blobs");  // the former OCI artifact manifest
  return children;
}

}  // namespace harbor_router::oci
