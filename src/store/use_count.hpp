// How often an entry was asked for, in the 16 bits that its slot has for it: S3-FIFO's counter of
// recent hits (0 to 3), and all hits as a number with an exponent.
//
// Exact up to 256 hits; above, a hit counts 2^e with probability 2^-e (Morris), which is off by a
// twentieth at most times and spares a hot entry nearly all writes: its cache line stays shared
// between the threads that read it. Pure.
#pragma once

#include <cstdint>

namespace harbor_router::store {

class UseCount {
 public:
  static constexpr unsigned most_recent = 3;

  constexpr UseCount() = default;
  constexpr explicit UseCount(std::uint16_t bits) : bits_(bits) {}

  [[nodiscard]] constexpr std::uint16_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr unsigned recent() const noexcept { return bits_ & 3U; }
  [[nodiscard]] constexpr std::uint64_t hits() const noexcept {
    const std::uint64_t mantissa = bits_ >> 2U & (mantissas - 1U);
    const unsigned exponent = bits_ >> 9U;
    return exponent == 0 ? mantissa : (mantissas + mantissa) << (exponent - 1);
  }

  [[nodiscard]] constexpr UseCount with_recent(unsigned recent) const noexcept {
    return UseCount(static_cast<std::uint16_t>((bits_ & ~3U) | recent));
  }
  // What it is after one hit more: itself, if there is nothing to write.
  [[nodiscard]] constexpr UseCount after_hit(std::uint64_t random) const noexcept {
    const unsigned doublings = bits_ < 2U << 9U ? 0 : (bits_ >> 9U) - 1U;
    const unsigned counted = bits_ < most && random >> 1U >> (63U - doublings) == 0 ? 4 : 0;
    const unsigned more_recent = recent() < most_recent ? 1 : 0;
    return UseCount(static_cast<std::uint16_t>(bits_ + counted + more_recent));
  }

  friend constexpr bool operator==(UseCount, UseCount) = default;

 private:
  // Bits: 2 of recent hits, 7 of mantissa, 7 of exponent. As in a floating-point number a mantissa
  // that overflows steps the exponent, and one is added to it unless the exponent is 0.
  static constexpr std::uint64_t mantissas = 128;
  static constexpr std::uint16_t most = 17U << 9U | 127U << 2U;  // 2^24 - 2^16 hits

  std::uint16_t bits_ = 0;
};

}  // namespace harbor_router::store
