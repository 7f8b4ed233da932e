// What a manifest points at: the manifests of an index, or the config and layers of an image. Pure.
// Used to learn that a child digest and every blob live in the project the parent came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/base/result.hpp"
#include "harbor_router/oci/digest.hpp"

namespace harbor_router::oci {

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::string platform;  // "linux/arm64/v8" for children of an index; empty when not given
};

struct ManifestChildren {
  std::string media_type;             // of the manifest itself, when it says
  bool is_index = false;              // it has a list of manifests, be it empty (Go writes null)
  std::vector<Descriptor> manifests;  // an index's children
  std::optional<Descriptor> config;   // an image's
  std::vector<Descriptor> layers;     // an image's, or the blobs of the former artifact manifest
};

// At most 4,096 children are read. Failure(invalid) when bytes are no JSON object, or one nested
// deeper than 64. Costs time by the byte, and memory by the children alone.
[[nodiscard]] base::Result<ManifestChildren> manifest_children(std::string_view bytes);

}  // namespace harbor_router::oci
