// Tags pages: what parses prints, and parses again to the same.
#include <string>

#include "fuzz.hpp"
#include "harbor_router/oci/tags_page.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  const auto page = oci::parse_tags_page(fuzz::text_of(data, size));
  if (!page) return 0;
  const auto again = oci::parse_tags_page(oci::tags_page_body("proxy/nginx", *page));
  fuzz::must(again.has_value() && again->tags == page->tags);
  return 0;
}
