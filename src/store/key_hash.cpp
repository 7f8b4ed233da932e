#include "store/key_hash.hpp"

#include <cstddef>
#include <cstring>
#include <random>
#include <string_view>

namespace harbor_router::store {
namespace {

struct Secrets {
  std::uint64_t start = draw();
  std::uint64_t left = draw() | 1U;
  std::uint64_t right = draw() | 1U;

  static std::uint64_t draw() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
  }
};

const Secrets& secrets() {
  static const Secrets drawn;
  return drawn;
}

std::uint64_t fold(std::uint64_t left, std::uint64_t right) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{left} * right;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

template <class Word>
std::uint64_t load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// The length goes in as well, so that the border between two fields is part of the hash.
std::uint64_t mix(std::uint64_t state, std::string_view text, const Secrets& secret) {
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left > 16; left -= 16, at += 16) {
    state = fold(load<std::uint64_t>(at) ^ secret.left, load<std::uint64_t>(at + 8) ^ state);
  }
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (left >= 8) {
    first = load<std::uint64_t>(at);
    last = load<std::uint64_t>(at + left - 8);
  } else if (left >= 4) {
    first = load<std::uint32_t>(at);
    last = load<std::uint32_t>(at + left - 4);
  } else if (left > 0) {
    first = load<std::uint8_t>(at) << 16U | load<std::uint8_t>(at + left / 2) << 8U |
            load<std::uint8_t>(at + left - 1);
  }
  return fold(secret.right ^ text.size(), fold(first ^ secret.left, last ^ state));
}

}  // namespace

KeyHash hash_of(const Key& key) noexcept {
  const Secrets& secret = secrets();
  std::uint64_t hash = mix(secret.start, key.hint, secret);
  hash = mix(hash, key.repository, secret);
  hash = mix(hash, key.reference, secret);
  const auto mapping = static_cast<std::uint32_t>(hash);
  const std::uint32_t identity =
      key.identity == 0
          ? mapping
          : static_cast<std::uint32_t>(fold(hash ^ secret.left, key.identity ^ secret.right));
  return {static_cast<std::uint32_t>(hash >> 32U), mapping, identity};
}

}  // namespace harbor_router::store
