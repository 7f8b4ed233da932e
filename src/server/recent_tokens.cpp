#include "server/recent_tokens.hpp"

#include <functional>

#include "harbor_router/harbor/token_answer.hpp"

namespace harbor_router::server {

using harbor::Credentials;

harbor::CredentialsPointer RecentTokens::credentials_of(std::string_view authorization,
                                                        const KeyedHash& keyed_hash) {
  const std::size_t place = std::hash<std::string_view>{}(authorization) % kept_.size();
  harbor::CredentialsPointer& kept = kept_[place];
  if (kept && kept->authorization == authorization) return kept;
  const bool anonymous = harbor::is_anonymous_token(authorization.substr(7));
  kept = std::make_shared<const Credentials>(
      Credentials{.kind = anonymous ? Credentials::Kind::anonymous : Credentials::Kind::person,
                  .authorization = std::string(authorization),
                  .identity = keyed_hash.identity_of(authorization)});
  return kept;
}

}  // namespace harbor_router::server
