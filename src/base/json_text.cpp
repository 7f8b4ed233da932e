#include "harbor_router/base/json_text.hpp"

namespace harbor_router::base {

bool is_nested_deeper(std::string_view text, std::size_t most) noexcept {
  std::size_t open = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '"':  // a string: brackets in it open nothing
        for (++at; at < text.size() && text[at] != '"'; ++at)
          if (text[at] == '\\') ++at;
        break;
      case '[':
      case '{':
        if (++open > most) return true;
        break;
      case ']':
      case '}':
        if (open > 0) --open;
        break;
      default:
        break;
    }
  }
  return false;
}

}  // namespace harbor_router::base
