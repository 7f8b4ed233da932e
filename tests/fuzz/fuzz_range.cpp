// Range and Content-Range: what parses prints, and parses again to the same.
#include <string>

#include "fuzz.hpp"
#include "harbor_router/oci/range.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  using fuzz::must;
  const std::string text = fuzz::text_of(data, size);
  if (const auto ranges = oci::parse_range(text)) {
    must(!ranges->empty());
    must(oci::parse_range(oci::format_range(*ranges)) == ranges);
  }
  if (const auto range = oci::parse_content_range(text)) {
    must(range->first <= range->last && (!range->total || range->last < *range->total));
    must(oci::parse_content_range(oci::format_content_range(*range)) == range);
  }
  return 0;
}
