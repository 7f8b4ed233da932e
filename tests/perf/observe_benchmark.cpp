// What the request's thread pays for its log line, its counters and its id.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "harbor_router/observe/log.hpp"
#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/observe/request_id.hpp"

namespace {

using namespace std::chrono_literals;
using namespace harbor_router::observe;

constexpr AccessRecord pull = {.method = "GET",
                               .path = "/v2/proxy/library/nginx/manifests/latest",
                               .status = 200,
                               .project = "dockerhub-proxy",
                               .cache = "hit",
                               .duration = 1234us,
                               .bytes = 2091,
                               .client = "10.0.0.1",
                               .request_id = "0123456789abcdef0123456789abcdef"};

// Flushed outside the measured time, so that the ring has room; CPU is this thread's only.
void access_line(benchmark::State& state) {
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  Log log({.file_descriptor = null});
  while (state.KeepRunningBatch(1000)) {
    for (int i = 0; i < 1000; ++i) log.access(pull);
    state.PauseTiming();
    log.flush();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["dropped"] = static_cast<double>(log.dropped());
  close(null);
}
BENCHMARK(access_line);

// Formatting included: how many lines a second one log can write.
void access_line_written(benchmark::State& state) {
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  Log log({.format = Format::json, .file_descriptor = null});
  while (state.KeepRunningBatch(1000)) {
    for (int i = 0; i < 1000; ++i) log.access(pull);
    log.flush();
  }
  state.SetItemsProcessed(state.iterations());
  close(null);
}
BENCHMARK(access_line_written)->UseRealTime();

void count(benchmark::State& state) {
  Registry registry;
  Counter& counter = registry.counter("requests_total", "Requests.");
  for (auto _ : state) counter.add();
}
BENCHMARK(count);

void observe(benchmark::State& state) {
  Registry registry;
  Histogram& histogram = registry.histogram("request_duration_seconds", "Time.");
  for (auto _ : state) histogram.observe(1234us);
}
BENCHMARK(observe);

void request_id(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(make_request_id());
}
BENCHMARK(request_id);

}  // namespace
