// The hash of a key: wyhash's mixing (two 64-bit words multiplied to 128 bits and folded) under
// secrets drawn once per process, so that nobody outside can prepare names that collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store {

struct KeyHash {
  std::uint32_t shard = 0;     // the same whatever the identity, so that one lock serves a key
  std::uint32_t mapping = 0;   // in the shard's table, without identity
  std::uint32_t identity = 0;  // in the shard's table, with it; equals mapping when identity is 0
};

namespace key_hash {  // in a header, so that a lookup is one piece of code

struct HashSecrets {
  std::uint64_t start = draw();
  std::uint64_t left = draw() | 1U;
  std::uint64_t right = draw() | 1U;

  static std::uint64_t draw();
};

[[nodiscard]] inline std::uint64_t fold(std::uint64_t left, std::uint64_t right) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{left} * right;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

template <class Word>
[[nodiscard]] std::uint64_t load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Not the length, without which texts of several lengths may come out alike: see hash_of().
[[nodiscard]] inline std::uint64_t mix(std::uint64_t state, std::string_view text,
                                       const HashSecrets& secret) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (text.size() >= 8) {
    for (; end - at > 16; at += 16) {
      state = fold(load<std::uint64_t>(at) ^ secret.left, load<std::uint64_t>(at + 8) ^ state);
    }
    // The last 16 bytes, some of them once more: no branch that depends on how many are left.
    first = load<std::uint64_t>(text.size() >= 16 ? end - 16 : at);
    last = load<std::uint64_t>(end - 8);
  } else if (text.size() >= 4) {
    first = load<std::uint32_t>(at);
    last = load<std::uint32_t>(end - 4);
  } else if (!text.empty()) {
    first = load<std::uint8_t>(at) << 16U | load<std::uint8_t>(at + text.size() / 2) << 8U |
            load<std::uint8_t>(end - 1);
  }
  return fold(first ^ secret.left, last ^ state);
}

[[nodiscard]] inline const HashSecrets& secrets() {
  static const HashSecrets drawn;
  return drawn;
}

}  // namespace key_hash

[[nodiscard]] inline KeyHash hash_of(const Key& key) noexcept {
  using key_hash::fold, key_hash::mix;
  const key_hash::HashSecrets& secret = key_hash::secrets();
  std::uint64_t hash = mix(secret.start, key.hint, secret);
  hash = mix(hash, key.repository, secret);
  hash = mix(hash, key.reference, secret);
  // All lengths at once, so that the borders between the texts are part of the hash.
  const std::uint64_t lengths =
      key.hint.size() + (key.repository.size() << 21U) + (key.reference.size() << 42U);
  hash = fold(lengths ^ secret.right, hash);
  const auto mapping = static_cast<std::uint32_t>(hash);
  const std::uint32_t identity =
      key.identity == 0
          ? mapping
          : static_cast<std::uint32_t>(fold(hash ^ secret.left, key.identity ^ secret.right));
  return {static_cast<std::uint32_t>(hash >> 32U), mapping, identity};
}

}  // namespace harbor_router::store
