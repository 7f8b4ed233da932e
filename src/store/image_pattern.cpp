#include "harbor_router/store/image_pattern.hpp"

#include <string>

namespace harbor_router::store {
namespace {

// Goes back to the last '*' only, so that no pattern takes longer than pattern times text.
bool glob(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, in = 0;
  std::size_t star = std::string_view::npos, resumed = 0;
  while (in < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resumed = in;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in])) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in = ++resumed;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace

bool matches(std::string_view pattern, const Key& key) {
  std::string name(key.hint);
  if (!name.empty()) name += '/';
  const std::size_t hint = name.size();
  name += key.repository;
  if (glob(pattern, name) || glob(pattern, std::string_view(name).substr(hint))) return true;
  if (key.reference.empty()) return false;
  name += key.reference.find(':') == std::string_view::npos ? ':' : '@';
  name += key.reference;
  return glob(pattern, name) || glob(pattern, std::string_view(name).substr(hint));
}

}  // namespace harbor_router::store
