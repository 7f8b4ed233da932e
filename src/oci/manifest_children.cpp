// Read as the bytes come, without a document in memory: a manifest may be 4 MiB of whatever its
// writer likes.
#include "harbor_router/oci/manifest_children.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace harbor_router::oci {
namespace {

using nlohmann::json;

constexpr std::size_t most_children = 4096;
constexpr std::size_t deepest = 64;  // a descriptor's platform is at 4

// What one object says that may be a descriptor.
struct Said {
  std::string digest, media_type, os, architecture, variant;
  std::optional<std::uint64_t> size;
};

std::string platform_of(const Said& said) {
  if (said.os.empty() || said.architecture.empty()) return {};
  return said.os + '/' + said.architecture + (said.variant.empty() ? "" : '/' + said.variant);
}

std::optional<Descriptor> descriptor_of(const Said& said) {
  auto digest = Digest::parse(said.digest);
  if (!digest || !said.size) return std::nullopt;
  return Descriptor{.media_type = said.media_type,
                    .digest = *std::move(digest),
                    .size = *said.size,
                    .platform = platform_of(said)};
}

// nlohmann's SAX interface: false from any of these ends the reading.
class Reader {
 public:
  ManifestChildren children;
  bool too_deep = false;

  bool null() {
    if (place() == Place::manifest && key_ == "manifests") children.is_index = true;
    return depth_ > 0;
  }
  bool boolean(bool) { return depth_ > 0; }
  bool number_integer(json::number_integer_t) { return depth_ > 0; }
  bool number_unsigned(json::number_unsigned_t value) {
    if (place() == Place::descriptor && key_ == "size") said_.size = value;
    return depth_ > 0;
  }
  bool number_float(json::number_float_t, const std::string&) { return depth_ > 0; }
  bool binary(json::binary_t&) { return false; }
  bool string(std::string& value) {
    if (std::string* text = text_here()) *text = std::move(value);
    return depth_ > 0;
  }
  bool key(std::string& name) {
    key_ = std::move(name);
    // Of doubled keys the last counts, whatever it says.
    if (place() == Place::descriptor && key_ == "size") said_.size.reset();
    if (std::string* text = text_here()) text->clear();
    return true;
  }
  bool start_object(std::size_t) {
    Place inner = Place::elsewhere;
    if (depth_ == 0) inner = Place::manifest;
    if (place() == Place::list) inner = Place::descriptor;
    if (place() == Place::manifest && key_ == "config") {
      inner = Place::descriptor;
      list_ = nullptr;
    }
    if (place() == Place::descriptor && key_ == "platform") inner = Place::platform;
    if (inner == Place::descriptor) said_ = {};
    return enter(inner);
  }
  bool end_object() {
    if (place() == Place::descriptor) add(descriptor_of(said_));
    --depth_;
    return true;
  }
  bool start_array(std::size_t) {
    if (depth_ == 0) return false;
    if (place() != Place::manifest) return enter(Place::elsewhere);
    const bool manifests = key_ == "manifests";
    // blobs: of the former OCI artifact manifest
    if (!manifests && key_ != "layers" && key_ != "blobs") return enter(Place::elsewhere);
    children.is_index = children.is_index || manifests;
    list_ = manifests ? &children.manifests : &children.layers;
    return enter(Place::list);
  }
  bool end_array() {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) {
    return false;
  }

 private:
  enum class Place : unsigned char { outside, manifest, list, descriptor, platform, elsewhere };

  [[nodiscard]] Place place() const noexcept {
    return depth_ == 0 ? Place::outside : places_[depth_ - 1];
  }
  bool enter(Place inner) {
    too_deep = depth_ == deepest;
    if (too_deep) return false;
    places_[depth_++] = inner;
    return true;
  }
  // Where a string that follows key_ belongs, if it matters.
  std::string* text_here() {
    if (place() == Place::manifest) return key_ == "mediaType" ? &children.media_type : nullptr;
    if (place() == Place::descriptor)
      return key_ == "digest" ? &said_.digest : key_ == "mediaType" ? &said_.media_type : nullptr;
    if (place() != Place::platform) return nullptr;
    return key_ == "os"             ? &said_.os
           : key_ == "architecture" ? &said_.architecture
           : key_ == "variant"      ? &said_.variant
                                    : nullptr;
  }
  void add(std::optional<Descriptor> found) {
    if (list_ == nullptr)
      children.config = std::move(found);
    else if (found && children.manifests.size() + children.layers.size() < most_children)
      list_->push_back(*std::move(found));
  }

  std::array<Place, deepest> places_{};
  std::size_t depth_ = 0;
  std::string key_;                          // the last one read
  Said said_;                                // by the descriptor being read
  std::vector<Descriptor>* list_ = nullptr;  // where it goes; null: it is the config
};

}  // namespace

base::Result<ManifestChildren> manifest_children(std::string_view bytes) {
  Reader reader;
  if (json::sax_parse(bytes, &reader)) return std::move(reader.children);
  return base::failure(base::Errc::invalid, reader.too_deep ? "the manifest is nested too deeply"
                                                            : "the manifest is no JSON object");
}

}  // namespace harbor_router::oci
