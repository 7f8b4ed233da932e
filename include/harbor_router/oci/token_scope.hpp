// Scopes of the distribution token protocol: "type[(class)]:name:action,action", several joined by
// spaces. The name may hold a registry host with a port ("repository:host:5000/app:pull"). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harbor_router::oci {

struct TokenScope {
  std::string type = "repository";   // or "registry"
  std::string resource_class;        // "plugin" in "repository(plugin):..."; mostly empty
  std::string name;                  // "proxy/library/nginx"
  std::vector<std::string> actions;  // "pull", "push", "*"; may be empty
  friend bool operator==(const TokenScope&, const TokenScope&) = default;
};

[[nodiscard]] std::optional<TokenScope> parse_token_scope(std::string_view text);
[[nodiscard]] std::string to_string(const TokenScope& scope);

}  // namespace harbor_router::oci
