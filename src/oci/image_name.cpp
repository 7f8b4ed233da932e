#include "harbor_router/oci/image_name.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::oci {
namespace {

constexpr std::size_t longest_host = 255;

bool looks_like_host(std::string_view component) {
  return component == "localhost" || component.find_first_of(".:") != std::string_view::npos;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), base::is_digit);
}

// Labels of letters, digits and inner hyphens, joined by dots: names and IPv4 addresses.
bool is_domain(std::string_view text) {
  char before = '.';
  for (const char c : text) {
    const bool inner = c == '.' || c == '-';
    if (!inner && !base::is_alphanumeric(c)) return false;
    if (c == '.' && (before == '.' || before == '-')) return false;
    if (c == '-' && before == '.') return false;
    before = c;
  }
  return before != '.' && before != '-';
}

bool is_bracketed_ipv6(std::string_view text) {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  return text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos &&
         text.find(':') != std::string_view::npos;
}

bool is_host(std::string_view text) {
  if (text.size() > longest_host) return false;
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon)) {
    if (!is_port(text.substr(colon + 1))) return false;
    text = text.substr(0, colon);
  }
  return is_domain(text) || is_bracketed_ipv6(text);
}

}  // namespace

Reference ImageName::reference() const {
  if (digest) return *digest;
  if (tag) return *tag;
  return *Tag::parse("latest");
}

std::string ImageName::str() const {
  std::string text;
  if (host) text += *host + '/';
  text += repository.str();
  if (tag) text += ':' + tag->str();
  if (digest) text += '@' + digest->str();
  return text;
}

std::optional<ImageName> parse_image_name(std::string_view text) {
  std::optional<Digest> digest;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    digest = Digest::parse(text.substr(at + 1));
    if (!digest) return std::nullopt;
    text = text.substr(0, at);
  }
  std::optional<std::string> host;
  if (const std::size_t slash = text.find('/');
      slash != std::string_view::npos && looks_like_host(text.substr(0, slash))) {
    if (!is_host(text.substr(0, slash))) return std::nullopt;
    host = base::lower_cased(text.substr(0, slash));
    text.remove_prefix(slash + 1);
  }
  std::optional<Tag> tag;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    tag = Tag::parse(text.substr(colon + 1));
    if (!tag) return std::nullopt;
    text = text.substr(0, colon);
  }
  auto repository = Repository::parse(text);
  if (!repository) return std::nullopt;
  return ImageName{.host = std::move(host),
                   .repository = *std::move(repository),
                   .tag = std::move(tag),
                   .digest = std::move(digest)};
}

}  // namespace harbor_router::oci
