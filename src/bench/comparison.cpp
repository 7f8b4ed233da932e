#include "harbor_router/bench/comparison.hpp"

#include <algorithm>
#include <functional>

namespace harbor_router::bench {

namespace {

using Figure = std::function<double(const Measurement&)>;

std::optional<Ratio> ratio_of(const std::vector<Round>& rounds, const Figure& figure) {
  Ratio ratio;
  for (const Round& round : rounds) {
    const double target = figure(round.target), baseline = figure(round.baseline);
    if (target <= 0 || baseline <= 0) return std::nullopt;
    ratio.pairs.push_back(target / baseline);
  }
  if (ratio.pairs.empty()) return std::nullopt;
  return ratio;
}

Figure percentile(double percent) {
  return [percent](const Measurement& run) {
    return static_cast<double>(run.latency.percentile(percent).count());
  };
}

}  // namespace

double Ratio::median() const {
  std::vector<double> sorted = pairs;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Ratio::least() const {
  return *std::min_element(pairs.begin(), pairs.end());
}

double Ratio::most() const {
  return *std::max_element(pairs.begin(), pairs.end());
}

Ratios compare(const std::vector<Round>& rounds) {
  return {.rate = ratio_of(rounds, [](const Measurement& run) { return run.rate(); }),
          .p50 = ratio_of(rounds, percentile(50)),
          .p99 = ratio_of(rounds, percentile(99)),
          .cpu = ratio_of(rounds, [](const Measurement& run) {
            return static_cast<double>(run.cpu_per_request().value_or(Nanoseconds{0}).count());
          })};
}

}  // namespace harbor_router::bench
