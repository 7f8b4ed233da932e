// RATE_LIMIT_PER_IP: a generic cell rate algorithm, with a burst of one second. IPv6 counts by /64,
// which is what one customer has. The table is bounded; what is forgotten starts with a full burst.
// Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/base/guarded.hpp"
#include "harbor_router/server/client_address.hpp"

namespace harbor_router::server {

class RateLimiter {
 public:
  static constexpr std::size_t max_addresses = 100'000;

  explicit RateLimiter(std::uint32_t per_second) : per_second_(per_second) {}
  [[nodiscard]] bool is_on() const noexcept { return per_second_ != 0; }
  // nullopt: allowed; else how long until the next request is.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> refuses(const AddressBytes& address,
                                                                base::TimePoint now);
  [[nodiscard]] std::size_t size() { return table_.lock()->due.size(); }

 private:
  struct Table {
    std::unordered_map<std::uint64_t, base::TimePoint> due;  // when the next request is
    base::TimePoint purged{};
  };
  std::uint32_t per_second_;
  base::Guarded<Table> table_;
};

}  // namespace harbor_router::server
