// Repositories, tags, references and digests: a value is its own text, and keeps to the grammar as
// the distribution spec writes it; base64 and JSON escape ride along.
#include <regex>
#include <string>

#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "harbor_router/base/base64.hpp"
#include "harbor_router/base/json_escape.hpp"
#include "harbor_router/oci/name.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  using fuzz::must;
  static const std::regex repository_grammar(
      R"([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*)");
  static const std::regex tag_grammar(R"([a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})");

  const std::string text = fuzz::text_of(data, size);
  const auto repository = oci::Repository::parse(text);
  const auto tag = oci::Tag::parse(text);
  const auto digest = oci::Digest::parse(text);
  const auto reference = oci::Reference::parse(text);
  // The regular expressions recurse for each character: only short texts are compared.
  if (size <= 255) {
    must(repository.has_value() == std::regex_match(text, repository_grammar));
    must(tag.has_value() == std::regex_match(text, tag_grammar));
  }
  must(!repository || repository->str() == text);
  must(!tag || tag->str() == text);
  must(!digest || (digest->str() == text &&
                   std::string(digest->algorithm()) + ':' + std::string(digest->hex()) == text));
  must(reference.has_value() == (tag.has_value() || digest.has_value()));
  must(!reference ||
       (reference->str() == text && (reference->tag() == nullptr) != tag.has_value()));
  must(oci::Digest::of(text).matches(text));

  must(base::base64_decode(base::base64_encode(text)) == text);
  const auto bytes = base::base64_decode(text);
  must(!bytes || base::base64_encode(*bytes) == text);

  std::string document = "\"";
  base::append_json_escaped(document, text);
  document += '"';
  must(nlohmann::json::accept(document));
  return 0;
}
