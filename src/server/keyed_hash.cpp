#include "server/keyed_hash.hpp"

#include <cstring>
#include <stdexcept>

#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace harbor_router::server {

KeyedHash::KeyedHash() {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
    throw std::runtime_error("no randomness for the key of credentials");
}

std::string KeyedHash::of(std::string_view secret) const {
  std::string hash(32, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
       reinterpret_cast<unsigned char*>(hash.data()), &size);
  return hash;
}

std::uint64_t KeyedHash::identity_of(std::string_view secret) const {
  const std::string hash = of(secret);
  std::uint64_t identity = 0;
  std::memcpy(&identity, hash.data(), sizeof identity);
  return identity == 0 ? 1 : identity;
}

}  // namespace harbor_router::server
