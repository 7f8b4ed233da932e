#include "store/key_hash.hpp"

#include <random>

namespace harbor_router::store::key_hash {

std::uint64_t HashSecrets::draw() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace harbor_router::store::key_hash
