// The hash of a key: wyhash's mixing (two 64-bit words multiplied to 128 bits and folded) under
// secrets drawn once per process, so that nobody outside can prepare names that collide.
#pragma once

#include <cstdint>

#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store {

struct KeyHash {
  std::uint32_t shard = 0;     // the same whatever the identity, so that one lock serves a key
  std::uint32_t mapping = 0;   // in the shard's table, without identity
  std::uint32_t identity = 0;  // in the shard's table, with it; equals mapping when identity is 0
};

[[nodiscard]] KeyHash hash_of(const Key& key) noexcept;

}  // namespace harbor_router::store
