// When to leave a project alone. Pure: time comes from the caller.
//
// closed → (threshold failures in a row) → open → (open_for later) → one probe → closed or open
// again. An answer of any kind but a failure resets the count: a 404 is an answer.
#pragma once

#include <chrono>
#include <cstddef>

#include "harbor_router/base/clock.hpp"

namespace harbor_router::routing {

struct BreakerSettings {
  std::size_t threshold = 5;
  std::chrono::nanoseconds open_for = std::chrono::seconds(30);
};

class Breaker {
 public:
  enum class Admission { allowed, probe, refused };

  [[nodiscard]] Admission admit(const BreakerSettings& settings, base::TimePoint now) noexcept;
  void succeeded() noexcept;
  void failed(const BreakerSettings& settings, base::TimePoint now) noexcept;
  // The probe was answered by nothing that tells: another may go.
  void probed_in_vain(base::TimePoint now) noexcept;
  // Somebody else has found it failing: one failure here is enough.
  void suspect(const BreakerSettings& settings) noexcept;
  [[nodiscard]] bool is_open() const noexcept { return open_; }
  // How long until a probe may go; zero when it may go now.
  [[nodiscard]] std::chrono::nanoseconds wait(base::TimePoint now) const noexcept;
  // Harbor's Retry-After: no reason to probe later, but to tell clients to come later.
  void wait_until(base::TimePoint told) noexcept { told_ = told; }
  [[nodiscard]] std::chrono::nanoseconds wait_told(base::TimePoint now) const noexcept;

 private:
  std::size_t failures_ = 0;
  bool open_ = false, probing_ = false;
  base::TimePoint next_probe_{};  // while open; moved on when a probe goes, so that no herd follows
  base::TimePoint told_{};
};

}  // namespace harbor_router::routing
