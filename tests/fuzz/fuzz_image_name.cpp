// Image names: what parses prints, and parses again to the same.
#include <string>

#include "fuzz.hpp"
#include "harbor_router/oci/image_name.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  const auto name = oci::parse_image_name(fuzz::text_of(data, size));
  if (!name) return 0;
  fuzz::must(oci::parse_image_name(name->str()) == name);
  fuzz::must(!name->digest || name->reference().digest() != nullptr);
  fuzz::must(!name->host || !name->host->empty());
  return 0;
}
