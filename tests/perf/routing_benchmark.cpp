// The decision over what every project said of one image, the one that has it answering last.
#include <benchmark/benchmark.h>

#include <numeric>
#include <vector>

#include "harbor_router/routing/decision.hpp"

namespace {

using namespace harbor_router;

void decide(benchmark::State& state, routing::Decision decision, std::size_t count) {
  const base::TimePoint now{};
  for (std::size_t i = 0; i < count; ++i) {
    decision.add(i, i + 1 == count ? harbor::Outcome::hit : harbor::Outcome::miss);
    benchmark::DoNotOptimize(decision.verdict(now));
  }
  if (decision.verdict(now).kind != routing::Verdict::Kind::chosen)
    state.SkipWithError("nobody chosen");
}

void first_hit(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) decide(state, routing::Decision(count), count);
}
BENCHMARK(first_hit)->Arg(3)->Arg(50);

void best_ranked_hit(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<int> ranks(count);
  std::iota(ranks.begin(), ranks.end(), 0);
  for (auto _ : state)
    decide(state, routing::Decision(ranks, base::TimePoint::max(), routing::OnUnknown::fail),
           count);
}
BENCHMARK(best_ranked_hit)->Arg(3)->Arg(50);

}  // namespace
