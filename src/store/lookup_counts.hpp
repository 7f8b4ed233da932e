// How many lookups ended how, counted by each thread in a lane of its own: lookups share no line
// that they write.
//
// Invariants: a lane but the last belongs to one thread, which alone writes it, so it needs no
// atomic addition; threads past the number of lanes share the last. A thread's lane is the same in
// every store, and is not given to another when the thread ends. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store {

class LookupCounts {
 public:
  // Returns a number that is as good as random, for whoever counts by chance.
  std::uint64_t count(State state) noexcept {
    const std::size_t own = lane_of_thread();
    Lane& lane = lanes_[own];
    const bool shared = own + 1 == lane_count;
    Count& count = lane.ended[static_cast<std::size_t>(state)];
    const std::uint64_t before = shared ? count.fetch_add(1, std::memory_order_relaxed)
                                        : count.load(std::memory_order_relaxed);
    if (!shared) count.store(before + 1, std::memory_order_relaxed);
    return before * 0x9E3779B97F4A7C15U;  // its upper bits are the good ones
  }

  void add_to(Statistics& statistics) const noexcept {
    for (const Lane& lane : lanes_) {
      const auto ended = [&](State state) {
        return lane.ended[static_cast<std::size_t>(state)].load(std::memory_order_relaxed);
      };
      statistics.hits += ended(State::fresh);
      statistics.stale_hits += ended(State::stale);
      statistics.negative_hits += ended(State::negative);
      statistics.misses += ended(State::absent) + ended(State::lapsed);
    }
  }

 private:
  static constexpr std::size_t lane_count = 64;
  using Count = std::atomic<std::uint64_t>;
  struct alignas(64) Lane {
    std::array<Count, 5> ended{};  // by State
  };

  static std::size_t lane_of_thread() noexcept {
    if (number_of_thread == 0) [[unlikely]]
      number_of_thread = next_number();
    return number_of_thread - 1;
  }
  static std::size_t next_number() noexcept;
  // From 1 to lane_count; 0: it has none yet.
  static inline constinit thread_local std::size_t number_of_thread = 0;

  std::array<Lane, lane_count> lanes_;
};

}  // namespace harbor_router::store
