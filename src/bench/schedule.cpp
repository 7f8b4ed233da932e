#include "harbor_router/bench/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace harbor_router::bench {

namespace {

std::uint64_t share_of(std::uint64_t requests, Share share) {
  if (requests == 0) return std::numeric_limits<std::uint64_t>::max();
  return requests / share.threads + (share.thread < requests % share.threads ? 1 : 0);
}

}  // namespace

Schedule::Schedule(const Pace& pace, Share share, base::TimePoint start)
    : rate_(pace.rate),
      share_(share),
      start_(start),
      measured_from_(start + pace.warmup),
      end_(pace.duration.count() == 0 ? base::TimePoint::max() : measured_from_ + pace.duration),
      left_(share_of(pace.requests, share)) {}

base::TimePoint Schedule::due(std::uint64_t number) const noexcept {
  return start_ + std::chrono::nanoseconds(std::llround(static_cast<double>(number) * 1e9 / rate_));
}

std::optional<Schedule::Due> Schedule::next(base::TimePoint now) const noexcept {
  const std::uint64_t number = taken_ * share_.threads + share_.thread;
  const base::TimePoint at = rate_ > 0 ? due(number) : now;
  if (left_ == 0 || at >= end_ || now >= end_) return std::nullopt;
  return Due{.number = number, .at = at, .measured = at >= measured_from_};
}

void Schedule::taken(const Due& due) noexcept {
  ++taken_;
  if (due.measured && left_ != std::numeric_limits<std::uint64_t>::max()) --left_;
}

std::uint64_t Schedule::untaken(base::TimePoint now) const noexcept {
  if (rate_ <= 0 || left_ == 0) return 0;
  const base::TimePoint until = std::min(now, end_);
  std::uint64_t count = 0;
  // Counted, not computed: a rounding error would show as a request that was never due.
  for (std::uint64_t n = taken_; count < left_; ++n) {
    const base::TimePoint at = due(n * share_.threads + share_.thread);
    if (at >= until) break;
    if (at >= measured_from_) ++count;
  }
  return count;
}

}  // namespace harbor_router::bench
