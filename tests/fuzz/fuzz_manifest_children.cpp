// Manifests: never more children than the cap, each with a digest that parses.
#include <string>

#include "fuzz.hpp"
#include "harbor_router/oci/manifest_children.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  const auto children = oci::manifest_children(fuzz::text_of(data, size));
  if (!children) return 0;
  fuzz::must(children->manifests.size() + children->layers.size() <= 4096);
  for (const auto& list : {children->manifests, children->layers}) {
    for (const oci::Descriptor& child : list) {
      fuzz::must(oci::Digest::parse(child.digest.str()) == child.digest);
    }
  }
  return 0;
}
