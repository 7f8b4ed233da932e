#include "server/recent_tokens.hpp"

#include <string>

#include <doctest/doctest.h>

using harbor_router::harbor::Credentials;
using harbor_router::server::KeyedHash;
using harbor_router::server::RecentTokens;

namespace {

// {"alg":"none"}, then {"sub":"alice"} and {}.
constexpr const char* of_alice = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2ln";
constexpr const char* of_nobody = "Bearer eyJhbGciOiJub25lIn0.e30.c2ln";

}  // namespace

TEST_CASE("the same token has the same credentials, and another one its own") {
  const KeyedHash hash;
  RecentTokens tokens;
  const auto alice = tokens.credentials_of(of_alice, hash);
  const auto nobody = tokens.credentials_of(of_nobody, hash);
  CHECK(alice->kind == Credentials::Kind::person);
  CHECK(alice->authorization == of_alice);
  CHECK(alice->identity == hash.identity_of(of_alice));
  CHECK(nobody->kind == Credentials::Kind::anonymous);
  CHECK(nobody->identity == hash.identity_of(of_nobody));
  CHECK(tokens.credentials_of(of_alice, hash) == alice);
}

TEST_CASE("among more tokens than are kept nobody is taken for another") {
  const KeyedHash hash;
  RecentTokens tokens;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i) {
      const std::string authorization = std::string(of_alice) + std::to_string(i);
      const auto credentials = tokens.credentials_of(authorization, hash);
      CHECK(credentials->authorization == authorization);
      CHECK(credentials->identity == hash.identity_of(authorization));
    }
  }
}
