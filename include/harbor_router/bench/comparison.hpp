// Two targets measured in turn: the ratio of each pair of rounds, its median and its spread. On a
// shared machine only what was measured side by side can be compared. Pure.
#pragma once

#include <optional>
#include <vector>

#include "harbor_router/bench/measurement.hpp"

namespace harbor_router::bench {

struct Round {
  Measurement target, baseline;
};

// target / baseline, in the order of the rounds.
struct Ratio {
  std::vector<double> pairs;
  [[nodiscard]] double median() const;
  [[nodiscard]] double least() const;
  [[nodiscard]] double most() const;
};

// nullopt where a round lacks the figure, or the baseline's is 0.
struct Ratios {
  std::optional<Ratio> rate, p50, p99, cpu;
};
[[nodiscard]] Ratios compare(const std::vector<Round>& rounds);

}  // namespace harbor_router::bench
