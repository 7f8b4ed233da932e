#include "harbor_router/oci/name.hpp"

#include <algorithm>
#include <cstddef>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::oci {
namespace {

constexpr std::size_t longest_repository = 255;
constexpr std::size_t longest_tag = 128;

bool is_tag_start(char c) {
  return base::is_alphanumeric(c) || c == '_';
}

bool is_tag_character(char c) {
  return is_tag_start(c) || c == '.' || c == '-';
}

// (\.|_|__|-+)
bool is_separator(std::string_view run) {
  return run == "." || run == "_" || run == "__" ||
         run.find_first_not_of('-') == std::string_view::npos;
}

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*
bool is_repository(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    const std::size_t word = at;
    while (at < text.size() && base::is_lower_alphanumeric(text[at])) ++at;
    if (at == word) return false;
    if (at == text.size()) return true;
    const std::size_t separator = at;
    while (at < text.size() && !base::is_lower_alphanumeric(text[at])) ++at;
    const std::string_view run = text.substr(separator, at - separator);
    if (run != "/" && !is_separator(run)) return false;
  }
}

}  // namespace

std::optional<Repository> Repository::parse(std::string_view text) {
  if (text.size() > longest_repository || !is_repository(text)) return std::nullopt;
  return Repository(std::string(text));
}

std::optional<Tag> Tag::parse(std::string_view text) {
  if (text.empty() || text.size() > longest_tag || !is_tag_start(text.front()) ||
      !std::all_of(text.begin(), text.end(), is_tag_character)) {
    return std::nullopt;
  }
  return Tag(std::string(text));
}

std::optional<Reference> Reference::parse(std::string_view text) {
  // A tag never holds ':' and a digest always does.
  if (text.find(':') != std::string_view::npos) {
    if (auto digest = Digest::parse(text)) return Reference(*std::move(digest));
    return std::nullopt;
  }
  if (auto tag = Tag::parse(text)) return Reference(*std::move(tag));
  return std::nullopt;
}

const std::string& Reference::str() const noexcept {
  if (const Digest* value = digest()) return value->str();
  return std::get_if<Tag>(&value_)->str();
}

}  // namespace harbor_router::oci
