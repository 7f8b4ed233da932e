// A layer: a tar archive with one file of pseudo-random bytes, gzipped with stored blocks, so that
// any byte of the result can be computed from its offset alone.
#pragma once

#include <string>

#include "harbor_router/stub/image.hpp"

namespace harbor_router::stub {

struct Layer {
  Blob blob;            // the gzipped archive
  oci::Digest diff_id;  // of the archive itself, as an image config wants it
};
struct LayerFile {
  std::string name;
  Pattern bytes;
};
[[nodiscard]] Layer make_layer(const LayerFile& file);

}  // namespace harbor_router::stub
