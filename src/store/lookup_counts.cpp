#include "store/lookup_counts.hpp"

#include <algorithm>

namespace harbor_router::store {

std::size_t LookupCounts::next_number() noexcept {
  static std::atomic<std::size_t> threads = 0;
  return std::min(threads.fetch_add(1, std::memory_order_relaxed) + 1, lane_count);
}

}  // namespace harbor_router::store
