#include "harbor_router/oci/token_scope.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::oci {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), base::is_lower_alphanumeric);
}

// Wider than a repository: hosts with ports, "catalog", and what other registries invent.
bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return base::is_alphanumeric(c) ||
           (c != '\0' && std::string_view("._-:/[]*").find(c) != std::string_view::npos);
  });
}

bool is_action(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return base::is_lower_alphanumeric(c) || c == '_' || c == '-' || c == '*';
  });
}

std::optional<std::vector<std::string>> parse_actions(std::string_view text) {
  std::vector<std::string> actions;
  if (text.empty()) return actions;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view action = text.substr(0, comma);
    if (!is_action(action)) return std::nullopt;
    actions.emplace_back(action);
    if (comma == std::string_view::npos) return actions;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::optional<TokenScope> parse_token_scope(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t last = text.rfind(':');
  if (first == last) return std::nullopt;  // one colon, or none
  std::string_view type = text.substr(0, first);
  std::string_view resource_class;
  if (const std::size_t open = type.find('('); open != std::string_view::npos) {
    if (!type.ends_with(')')) return std::nullopt;
    resource_class = type.substr(open + 1, type.size() - open - 2);
    type = type.substr(0, open);
    if (!is_word(resource_class)) return std::nullopt;
  }
  const std::string_view name = text.substr(first + 1, last - first - 1);
  auto actions = parse_actions(text.substr(last + 1));
  if (!is_word(type) || !is_name(name) || !actions) return std::nullopt;
  return TokenScope{.type = std::string(type),
                    .resource_class = std::string(resource_class),
                    .name = std::string(name),
                    .actions = *std::move(actions)};
}

std::string to_string(const TokenScope& scope) {
  std::string text = scope.type;
  if (!scope.resource_class.empty()) text += '(' + scope.resource_class + ')';
  text += ':' + scope.name;
  char separator = ':';
  if (scope.actions.empty()) text += separator;
  for (const std::string& action : scope.actions) {
    text += separator + action;
    separator = ',';
  }
  return text;
}

}  // namespace harbor_router::oci
