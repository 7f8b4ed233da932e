// Conditions that make a run a failure: "p99>5ms", "errors>0", "errors>0.1%", "rate<1000",
// "cpu>40us", "p99_ratio>1.2". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/base/result.hpp"
#include "harbor_router/bench/comparison.hpp"

namespace harbor_router::bench {

enum class Unit { duration, count, percent, per_second, ratio };
enum class Sign { more, at_least, less, at_most };

struct Threshold {
  std::string text;    // as written
  std::string metric;  // "p99"
  Sign sign = Sign::more;
  Unit unit = Unit::count;
  double limit = 0;  // nanoseconds, for a duration
  friend bool operator==(const Threshold&, const Threshold&) = default;
};

// Metrics: p50 p75 p90 p95 p99 p99.9 max mean and cpu (a duration), errors and unsent (a number or,
// of errors, a percentage), rate (a second), and rate_ratio p50_ratio p99_ratio cpu_ratio, which
// need a baseline. The detail of a failure says what is wrong and what would be right.
[[nodiscard]] base::Result<Threshold> parse_threshold(std::string_view text);
[[nodiscard]] bool needs_baseline(const Threshold& threshold) noexcept;

struct Judgement {
  Threshold threshold;
  std::optional<double> value;  // in the threshold's unit
  bool broken = false;          // also when there is no value: what is not known is not fine
  [[nodiscard]] std::string value_text() const;
};
[[nodiscard]] Judgement judge(const Threshold& threshold, const Measurement& run,
                              const Ratios& ratios);

}  // namespace harbor_router::bench
