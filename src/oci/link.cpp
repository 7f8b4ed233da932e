#include "harbor_router/oci/link.hpp"

#include <algorithm>
#include <cstddef>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/oci/query.hpp"

namespace harbor_router::oci {
namespace {

constexpr std::string_view blanks = " \t";

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

// text up to the next of the stops that is outside quotes; text is moved there.
std::string_view take_until(std::string_view& text, std::string_view stops) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++end;
    if (!quoted && stops.find(c) != std::string_view::npos) break;
  }
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(taken.size());
  return taken;
}

// Whether parameter is rel with "next" among its relation types.
bool says_next(std::string_view parameter) {
  std::string_view value = parameter;
  skip_blanks(value);
  const std::string_view name = value.substr(0, value.find_first_of(" \t="));
  value.remove_prefix(name.size());
  skip_blanks(value);
  if (!base::equal_ignoring_case(name, "rel") || !value.starts_with('=')) return false;
  value.remove_prefix(1);
  while (!value.empty()) {
    value.remove_prefix(std::min(value.find_first_not_of(" \t\""), value.size()));
    const std::string_view type = value.substr(0, value.find_first_of(" \t\""));
    if (base::equal_ignoring_case(type, "next")) return true;
    value.remove_prefix(type.size());
  }
  return false;
}

// Only what may stand in a URL: so that a target can be written into a header again.
bool is_url_text(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\';
  });
}

}  // namespace

std::optional<std::string> next_link(std::string_view link_header) {
  std::string_view text = link_header;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t,"), text.size()));
    const std::size_t close = text.find('>');
    if (!text.starts_with('<') || close == std::string_view::npos) return std::nullopt;
    const std::string_view target = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    bool next = false;
    for (skip_blanks(text); text.starts_with(';'); skip_blanks(text)) {
      text.remove_prefix(1);
      next = says_next(take_until(text, ";,")) || next;
    }
    if (next) return is_url_text(target) ? std::optional<std::string>(target) : std::nullopt;
    if (!text.empty() && !text.starts_with(',')) return std::nullopt;
  }
}

std::optional<std::string> rewritten_next_link(std::string_view link_header,
                                               std::string_view client_path, std::string_view ns) {
  const auto target = next_link(link_header);
  if (!target) return std::nullopt;
  std::string_view query = *target;
  query = query.substr(0, query.find('#'));
  query.remove_prefix(std::min(query.find('?'), query.size()));
  std::string link = "<";
  link.append(client_path).append(query);
  if (!ns.empty()) link.append(query.empty() ? "?ns=" : "&ns=").append(percent_encoded(ns));
  link.append(">; rel=\"next\"");
  return link;
}

}  // namespace harbor_router::oci
