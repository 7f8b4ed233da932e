// Credentials made of the tokens that came last, for a client's next request with the same one: a
// pull is many requests, and a token's hash and claims cost more than to compare it.
//
// Invariant: what is given was made of exactly this Authorization value. Of one thread.
#pragma once

#include <array>
#include <string_view>

#include "harbor_router/harbor/credentials.hpp"
#include "server/keyed_hash.hpp"

namespace harbor_router::server {

class RecentTokens {
 public:
  // authorization: a whole "Bearer ..." value.
  [[nodiscard]] harbor::CredentialsPointer credentials_of(std::string_view authorization,
                                                          const KeyedHash& keyed_hash);

 private:
  std::array<harbor::CredentialsPointer, 64> kept_;  // by hash of the value; each the last of its
};

}  // namespace harbor_router::server
