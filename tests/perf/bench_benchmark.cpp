// The histogram of `harbor-router bench`.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "harbor_router/bench/histogram.hpp"

namespace {

using namespace harbor_router::bench;

std::vector<Nanoseconds> latencies() {
  std::vector<Nanoseconds> made(4096);
  std::minstd_rand random(20261124);
  std::lognormal_distribution<double> milliseconds(0.0, 1.0);
  for (Nanoseconds& each : made) each = Nanoseconds(static_cast<long>(milliseconds(random) * 1e6));
  return made;
}

void record(benchmark::State& state) {
  const auto values = latencies();
  Histogram histogram;
  std::size_t next = 0;
  for (auto _ : state) histogram.record(values[next++ % values.size()]);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(record);

void percentile(benchmark::State& state) {
  Histogram histogram;
  for (const Nanoseconds each : latencies()) histogram.record(each);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.percentile(99.9));
}
BENCHMARK(percentile);

}  // namespace
