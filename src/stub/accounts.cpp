#include "stub/accounts.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::stub {
namespace {

bool has_scheme(std::string_view header, std::string_view scheme) {  // scheme in lower case
  return header.size() > scheme.size() && header[scheme.size()] == ' ' &&
         std::equal(scheme.begin(), scheme.end(), header.begin(),
                    [](char expected, char c) { return expected == base::lower(c); });
}

std::string base64_decoded(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return {};
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

const Account* account_of(const Harbor& harbor, std::string_view basic) {
  const std::string pair = base64_decoded(basic);
  const auto colon = pair.find(':');
  if (colon == pair.npos) return nullptr;
  for (const auto& account : harbor.accounts) {
    if (account.name == pair.substr(0, colon) && account.password == pair.substr(colon + 1)) {
      return &account;
    }
  }
  return nullptr;
}

bool names(const std::vector<std::string>& list, std::string_view wanted) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& entry) { return entry == wanted; });
}

bool may_pull_as(const Account* account, const HeldProject& project) {
  if (project.is_public()) return true;
  return account != nullptr &&
         (account->kind == AccountKind::administrator || names(account->projects, "*") ||
          names(account->projects, project.settings.name));
}

}  // namespace

Caller identify(const Harbor& harbor, const Request& request, Door door) {
  const std::string_view header = request.header("Authorization");
  switch (authorization_kind(header)) {
    case AuthorizationKind::basic:
      return {.account = account_of(harbor, header.substr(6)), .token = nullptr};
    case AuthorizationKind::bearer: {
      const auto found = harbor.tokens.find(header.substr(7));
      const bool valid = door == Door::registry && found != harbor.tokens.end() &&
                         found->second.expires > base::Clock::now();
      return {.account = nullptr, .token = valid ? &found->second : nullptr};
    }
    case AuthorizationKind::none:
    case AuthorizationKind::other:
      break;
  }
  return {};
}

bool may_pull(const Caller& caller, const HeldProject& project) {
  if (caller.token == nullptr) return may_pull_as(caller.account, project);
  const auto granted = caller.token->pullable.find(project.settings.name);
  return granted != caller.token->pullable.end() && granted->second == project.settings.id;
}

bool may_list(const Caller& caller, const HeldProject& project) {
  return may_pull_as(caller.account, project) || has_system_permission(caller, "project:list");
}

bool has_system_permission(const Caller& caller, std::string_view permission) {
  return caller.account != nullptr && (caller.account->kind == AccountKind::administrator ||
                                       names(caller.account->system_permissions, permission));
}

AuthorizationKind authorization_kind(std::string_view header) {
  if (header.empty()) return AuthorizationKind::none;
  if (has_scheme(header, "basic")) return AuthorizationKind::basic;
  if (has_scheme(header, "bearer")) return AuthorizationKind::bearer;
  return AuthorizationKind::other;
}

std::string base64_url(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  while (out.ends_with('=')) out.pop_back();
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

}  // namespace harbor_router::stub
