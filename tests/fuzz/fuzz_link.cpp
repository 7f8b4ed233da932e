// Link: a rewritten link has the client's path and is itself a next link.
#include <string>

#include "fuzz.hpp"
#include "harbor_router/oci/link.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  using fuzz::must;
  const std::string text = fuzz::text_of(data, size);
  const auto target = oci::next_link(text);
  const auto rewritten = oci::rewritten_next_link(text, "/v2/proxy/nginx/tags/list");
  must(target.has_value() == rewritten.has_value());
  if (!rewritten) return 0;
  must(rewritten->starts_with("</v2/proxy/nginx/tags/list"));
  must(rewritten->find_first_of("\r\n") == std::string::npos);
  must(oci::rewritten_next_link(*rewritten, "/v2/proxy/nginx/tags/list") == rewritten);
  return 0;
}
