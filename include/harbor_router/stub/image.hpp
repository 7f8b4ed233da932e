// Small real OCI and Docker images, and blobs of any size, made from a seed: the same seed gives
// the same digests in every run. A blob's bytes are computed when they are read, so that 1 GiB
// costs no memory. Everything here is immutable once made and may be shared between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/oci/digest.hpp"

namespace harbor_router::stub {

// Bytes readable at any offset.
class Content {
 public:
  virtual ~Content() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Fills out from offset; offset + out.size() <= size().
  virtual void read(std::uint64_t offset, std::span<char> out) const = 0;
};

[[nodiscard]] std::shared_ptr<const Content> bytes_content(std::string bytes);

struct Blob {
  oci::Digest digest;
  std::shared_ptr<const Content> content;
};

[[nodiscard]] Blob bytes_blob(std::string bytes);

struct Pattern {
  std::uint64_t seed = 1;
  std::uint64_t size = 0;
};
// Pseudo-random bytes. The digest is computed here by reading all of it once.
[[nodiscard]] Blob pattern_blob(Pattern pattern);

struct Manifest {
  std::string media_type;
  std::string bytes;
  oci::Digest digest;
};
[[nodiscard]] Manifest make_manifest(std::string_view media_type, std::string bytes);

struct Image {
  Manifest manifest;               // what a tag names: an image manifest or an index
  std::vector<Manifest> children;  // an index's image manifests
  std::vector<Blob> blobs;         // configs and layers of all platforms
};

enum class ImageFormat { oci, docker };

struct ImageRecipe {
  std::string seed = "hello";
  ImageFormat format = ImageFormat::oci;
  std::vector<std::string> platforms{"linux/amd64"};  // more than one makes an index
  std::vector<std::uint64_t> layer_sizes{1024};       // bytes of the one file in each layer
};
[[nodiscard]] Image make_image(const ImageRecipe& recipe);

}  // namespace harbor_router::stub
