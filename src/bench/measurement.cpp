#include "harbor_router/bench/measurement.hpp"

#include <algorithm>
#include <numeric>

namespace harbor_router::bench {

std::string_view to_string(Trouble trouble) noexcept {
  constexpr std::array names = {std::string_view("connect"),  std::string_view("tls"),
                                std::string_view("timeout"),  std::string_view("closed"),
                                std::string_view("protocol"), std::string_view("status"),
                                std::string_view("digest")};
  static_assert(names.size() == troubles);
  return names[static_cast<std::size_t>(trouble)];
}

void Measurement::merge(const Measurement& other) {
  latency.merge(other.latency);
  timeline.merge(other.timeline);
  good += other.good;
  good_in_time += other.good_in_time;
  for (const auto& [status, count] : other.statuses) statuses[status] += count;
  for (std::size_t i = 0; i < troubles; ++i) errors[i] += other.errors[i];
  unsent += other.unsent;
  bytes += other.bytes;
  verified += other.verified;
  connections += other.connections;
  rate_asked = other.rate_asked;
  elapsed = std::max(elapsed, other.elapsed);
  generator_cpu += other.generator_cpu;
  asked += other.asked;
}

void Measurement::append(const Measurement& other) {
  const Nanoseconds before = elapsed;
  merge(other);
  elapsed = before + other.elapsed;
  if (!other.target) return;
  if (!target) {
    target = other.target;
    return;
  }
  target->processes = other.target->processes;
  target->cpu += other.target->cpu;
  target->resident_bytes = other.target->resident_bytes;
  target->resident_growth += other.target->resident_growth;
}

std::uint64_t Measurement::errors_in_all() const noexcept {
  return std::accumulate(errors.begin(), errors.end(), std::uint64_t{0});
}

double Measurement::rate() const noexcept {
  if (elapsed.count() <= 0) return 0;
  return static_cast<double>(good_in_time) * 1e9 / static_cast<double>(elapsed.count());
}

std::optional<Nanoseconds> Measurement::cpu_per_request() const noexcept {
  // Whoever answers computes: none at all is time that could not be read.
  if (!target || requests() == 0 || target->cpu.count() == 0) return std::nullopt;
  return target->cpu / static_cast<std::int64_t>(requests());
}

}  // namespace harbor_router::bench
