// What Harbor's API and token endpoint answer: pages of projects and registries, tokens.
#include "fuzz.hpp"
#include "harbor_router/harbor/project.hpp"
#include "harbor_router/harbor/token_answer.hpp"
#include "harbor_router/oci/name.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  using fuzz::must;
  const std::string text = fuzz::text_of(data, size);
  if (const auto page = harbor::parse_projects_page(text)) {
    must(page->projects.size() <= page->entries);
    for (const harbor::Project& project : page->projects) {
      must(oci::Repository::parse(project.name).has_value());
      must(project.id > 0 && project.registry_id > 0);
    }
  }
  static_cast<void>(harbor::parse_registries_page(text));
  if (const auto token = harbor::parse_token_answer(text)) {
    must(!token->token.empty() && token->expires_in.count() > 0);
    must(token->token.find_first_of(std::string_view("\r\n\0 ", 4)) == std::string::npos);
  }
  return 0;
}
