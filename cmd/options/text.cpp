#include "cmd/options/text.hpp"

namespace harbor_router::options {

std::string wrapped(std::string_view text, std::size_t indent) {
  constexpr std::size_t kColumns = 80;
  std::string out;
  std::size_t column = 0;  // 0: nothing on this line yet
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    text.remove_prefix(text.empty() ? 0 : 1);
    if (word.empty()) continue;
    if (column != 0 && column + 1 + word.size() > kColumns) {
      out += '\n';
      column = 0;
    }
    if (column == 0) {
      out.append(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  if (column != 0) out += '\n';
  return out;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (auto at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    out += text.substr(0, at);
    out += to;
    text.remove_prefix(at + from.size());
  }
  return out += text;
}

}  // namespace harbor_router::options
