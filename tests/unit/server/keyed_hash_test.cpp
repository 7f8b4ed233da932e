#include "server/keyed_hash.hpp"

#include <doctest/doctest.h>
#include <openssl/sha.h>

using harbor_router::server::KeyedHash;

TEST_CASE("a secret has one hash in this process, and another secret another") {
  const KeyedHash hash;
  CHECK(hash.of("Basic YTpi").size() == 32);
  CHECK(hash.of("Basic YTpi") == hash.of("Basic YTpi"));
  CHECK(hash.of("Basic YTpi") != hash.of("Basic YTpj"));
  CHECK(hash.of("") != hash.of(std::string_view("\0", 1)));
  CHECK(hash.identity_of("Basic YTpi") == hash.identity_of("Basic YTpi"));
  CHECK(hash.identity_of("Basic YTpi") != hash.identity_of("Basic YTpj"));
  CHECK(hash.identity_of("") != 0);
}

TEST_CASE("nobody without the key can compute it") {
  const std::string secret = "Basic YTpi";
  CHECK(KeyedHash().of(secret) != KeyedHash().of(secret));
  std::string plain(32, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
         reinterpret_cast<unsigned char*>(plain.data()));
  CHECK(KeyedHash().of(secret) != plain);
}
