// Who is asking and what they may do (facts/harbor.md sections 1 and 3). Pure over Harbor's data.
#pragma once

#include <string>
#include <string_view>

#include "stub/harbor.hpp"
#include "stub/request.hpp"

namespace harbor_router::stub {

// account and token are both null for an anonymous caller: one who sent nothing, and equally one
// whose password, or token's signature or lifetime, is wrong.
struct Caller {
  const Account* account = nullptr;
  const IssuedToken* token = nullptr;
  [[nodiscard]] bool is_authenticated() const {
    return account != nullptr || (token != nullptr && !token->subject.empty());
  }
};

// Bearer tokens count only at the registry's door, under /v2/.
enum class Door { api, registry };

[[nodiscard]] Caller identify(const Harbor& harbor, const Request& request, Door door);
[[nodiscard]] bool may_pull(const Caller& caller, const HeldProject& project);
[[nodiscard]] bool may_list(const Caller& caller, const HeldProject& project);
[[nodiscard]] bool has_system_permission(const Caller& caller, std::string_view permission);

[[nodiscard]] AuthorizationKind authorization_kind(std::string_view header);

[[nodiscard]] std::string base64_url(std::string_view bytes);

}  // namespace harbor_router::stub
