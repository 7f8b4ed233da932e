#include "harbor_router/routing/breaker.hpp"

#include <algorithm>
#include <utility>

namespace harbor_router::routing {

Breaker::Admission Breaker::admit(const BreakerSettings& settings, base::TimePoint now) noexcept {
  if (!open_) return Admission::allowed;
  if (now < next_probe_) return Admission::refused;
  // A probe whose end is never told (its process part was stopped) is followed by another.
  next_probe_ = now + settings.open_for;
  probing_ = true;
  return Admission::probe;
}

void Breaker::succeeded() noexcept {
  failures_ = 0;
  open_ = probing_ = false;
}

void Breaker::failed(const BreakerSettings& settings, base::TimePoint now) noexcept {
  ++failures_;
  if (failures_ < settings.threshold) return;
  open_ = true;
  probing_ = false;
  next_probe_ = now + settings.open_for;
}

void Breaker::probed_in_vain(base::TimePoint now) noexcept {
  if (std::exchange(probing_, false)) next_probe_ = now;
}

void Breaker::suspect(const BreakerSettings& settings) noexcept {
  failures_ = std::max(failures_, settings.threshold - 1);
}

std::chrono::nanoseconds Breaker::wait(base::TimePoint now) const noexcept {
  return open_ ? std::max<std::chrono::nanoseconds>(next_probe_ - now, {})
               : std::chrono::nanoseconds{};
}

std::chrono::nanoseconds Breaker::wait_told(base::TimePoint now) const noexcept {
  return std::max<std::chrono::nanoseconds>(told_ - now, wait(now));
}

}  // namespace harbor_router::routing
