#include "server/rate_limit.hpp"

#include <algorithm>
#include <cstring>

namespace harbor_router::server {

namespace {

// The /64 of IPv6, the whole of IPv4.
std::uint64_t key_of(const AddressBytes& address) noexcept {
  constexpr AddressBytes mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::uint64_t key = 0;
  if (std::equal(address.begin(), address.begin() + 12, mapped.begin()))
    std::memcpy(&key, address.data() + 8, sizeof key);  // ffff and the four bytes
  else
    std::memcpy(&key, address.data(), sizeof key);
  return key;
}

}  // namespace

std::optional<std::chrono::nanoseconds> RateLimiter::refuses(const AddressBytes& address,
                                                             base::TimePoint now) {
  const std::chrono::nanoseconds interval =
      std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second_;
  const std::chrono::nanoseconds burst = std::chrono::seconds(1);
  auto table = table_.lock();
  if (table->due.size() >= max_addresses) {
    if (now - table->purged >= std::chrono::seconds(1)) {  // all of it is looked through
      std::erase_if(table->due, [now](const auto& each) { return each.second <= now; });
      table->purged = now;
    }
    if (table->due.size() >= max_addresses) table->due.erase(table->due.begin());
  }
  base::TimePoint& due = table->due[key_of(address)];
  const base::TimePoint next = std::max(due, now) + interval;
  if (next - now > burst) return next - now - burst;
  due = next;
  return std::nullopt;
}

}  // namespace harbor_router::server
