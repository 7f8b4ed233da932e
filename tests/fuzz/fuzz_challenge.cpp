// Challenges and token scopes: what parses prints, and parses again to the same; nothing printed
// can end a header line.
#include <string>
#include <variant>

#include "fuzz.hpp"
#include "harbor_router/oci/challenge.hpp"
#include "harbor_router/oci/token_scope.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  using fuzz::must;
  const std::string text = fuzz::text_of(data, size);
  for (const oci::Challenge& challenge : oci::parse_challenges(text)) {
    const auto* bearer = std::get_if<oci::BearerChallenge>(&challenge);
    if (bearer == nullptr) continue;
    const auto again = oci::parse_challenges(oci::format_challenge(*bearer));
    must(again.size() == 1 && again.front() == challenge);
  }
  const std::string header = oci::format_challenge({.realm = text, .service = text, .scope = text});
  must(header.find_first_of("\r\n") == std::string::npos);

  if (const auto scope = oci::parse_token_scope(text)) must(oci::to_string(*scope) == text);
  return 0;
}
