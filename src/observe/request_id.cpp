#include "harbor_router/observe/request_id.hpp"

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::observe {
namespace {

// xoroshiro128++, seeded by the kernel.
class Generator {
 public:
  Generator() noexcept {
    if (getrandom(state_.data(), sizeof state_, GRND_NONBLOCK) != sizeof state_) {
      // Very early in boot: the time and this thread's own address still tell threads apart.
      state_ = {
          static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()),
          reinterpret_cast<std::uintptr_t>(this)};
    }
    state_[0] |= 1U;  // all zero would stay zero
  }

  std::uint64_t next() noexcept {
    const std::uint64_t first = state_[0];
    const std::uint64_t mixed = state_[1] ^ first;
    const std::uint64_t result = std::rotl(first + state_[1], 17) + first;
    state_ = {std::rotl(first, 49) ^ mixed ^ (mixed << 21U), std::rotl(mixed, 28)};
    return result;
  }

 private:
  std::array<std::uint64_t, 2> state_{};
};

}  // namespace

RequestId make_request_id() noexcept {
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  thread_local Generator generator;
  RequestId id;
  for (std::size_t at = 0; at < id.digits.size(); at += 16) {
    std::uint64_t bits = generator.next();
    for (std::size_t i = 0; i < 16; ++i, bits >>= 4U) id.digits[at + i] = hexadecimal[bits & 15U];
  }
  return id;
}

bool is_request_id(std::string_view text) noexcept {
  const auto allowed = [](char c) {
    return base::is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace harbor_router::observe
