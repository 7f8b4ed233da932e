// The percentiles every report shows.
#pragma once

#include <string_view>

namespace harbor_router::bench {

struct Percentile {
  std::string_view name;
  double percent;
};
inline constexpr Percentile kPercentiles[] = {{"p50", 50}, {"p75", 75}, {"p90", 90},
                                              {"p95", 95}, {"p99", 99}, {"p99.9", 99.9}};

}  // namespace harbor_router::bench
