// The purges that Redis has yet to follow: until then what is read there is from before them.
//
// Bounded: of too many, all become one purge of everything. A purge that is done, here or by
// another replica, still counts for a short time, since an answer may have been under way. Any
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/base/guarded.hpp"
#include "harbor_router/store/image_pattern.hpp"

namespace harbor_router::redis {

class PendingPurges {
 public:
  static constexpr std::size_t most = 100;
  struct Purge {
    std::uint64_t id = 0;  // the same pattern may be purged again
    std::string pattern;
  };

  // answers_come_within: how long a read may be under way (REDIS_TIMEOUT).
  explicit PendingPurges(std::chrono::nanoseconds answers_come_within)
      : lingers_(answers_come_within) {}

  void add(const std::string& pattern, base::TimePoint now);
  [[nodiscard]] std::optional<Purge> oldest();
  void done(const Purge& purge, base::TimePoint now);
  // Of another replica, which has done it.
  void heard(const std::string& pattern, base::TimePoint now);
  // Whether a record of this key, read now, may be from before a purge of it.
  [[nodiscard]] bool matches(const store::Key& key, base::TimePoint now);

 private:
  struct Known {
    explicit Known(Purge known, base::TimePoint counts_until = base::TimePoint::max())
        : purge(std::move(known)), meant(purge.pattern), until(counts_until) {}
    Purge purge;
    store::ImagePattern meant;
    base::TimePoint until;  // max(): it is pending
  };
  struct State {
    std::vector<Known> purges;  // the oldest first
    std::uint64_t last_id = 0;
  };
  const std::chrono::nanoseconds lingers_;
  base::Guarded<State> state_;
};

}  // namespace harbor_router::redis
