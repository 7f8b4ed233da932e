// Lookups in a full mapping store, by one thread and by two, and what it holds of memory.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/store/mapping_store.hpp"

namespace {

using namespace harbor_router;

constexpr std::size_t mappings = 500'000;
constexpr base::TimePoint now{};

std::vector<std::string> names(std::string_view prefix) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < mappings; ++i)
    made.push_back(std::string(prefix) + std::to_string(i));
  return made;
}

store::Key image(std::string_view name) {
  return {.hint = "docker.io", .repository = name, .reference = "latest"};
}

double resident_mib() {
  std::size_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1048576;
}

// First and once, while the process has no freed memory that would be used again.
void fill(benchmark::State& state) {
  const auto repositories = names("library/some-name-");
  while (state.KeepRunningBatch(mappings)) {
    const double before = resident_mib();
    store::MappingStore store(store::Settings{});
    for (const auto& name : repositories) store.learn(image(name), 7, store::Sha256{}, now);
    state.counters["resident_MiB"] = resident_mib() - before;
    state.counters["entries"] = static_cast<double>(store.statistics().entries);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fill)->Iterations(mappings)->Repetitions(1);

store::MappingStore& full_store(const std::vector<std::string>& repositories) {
  static store::MappingStore made(store::Settings{});
  static const bool filled = [&] {
    for (const auto& name : repositories) made.learn(image(name), 7, store::Sha256{}, now);
    return true;
  }();
  static_cast<void>(filled);
  return made;
}

void find(benchmark::State& state, const std::vector<std::uint32_t>& order) {
  static const auto repositories = names("library/some-name-");
  static store::MappingStore& store = full_store(repositories);
  std::size_t next = static_cast<std::size_t>(state.thread_index()) * order.size() / 2;
  for (auto _ : state) {
    if (++next >= order.size()) next = 0;
    benchmark::DoNotOptimize(store.find(image(repositories[order[next]]), now));
  }
  state.SetItemsProcessed(state.iterations());
}

std::vector<std::uint32_t> drawn(double (*number)(double)) {
  std::vector<std::uint32_t> order(1'000'000);
  std::minstd_rand random(20261124);
  std::uniform_real_distribution<double> uniform;
  for (auto& index : order) {
    index =
        static_cast<std::uint32_t>(static_cast<std::uint64_t>(number(uniform(random))) % mappings);
  }
  return order;
}

// A thousand images, again and again: the entries stay in the processor's caches.
void find_few(benchmark::State& state) {
  static const auto order = drawn([](double u) { return u * 1000; });
  find(state, order);
}
BENCHMARK(find_few)->Threads(1)->Threads(2)->UseRealTime();

// Images as they are asked for: the n-th most wanted 1/n as often as the first (Zipf).
void find_by_popularity(benchmark::State& state) {
  static const auto order = drawn([](double u) { return std::pow(double{mappings}, u); });
  find(state, order);
}
BENCHMARK(find_by_popularity)->Threads(1)->Threads(2)->UseRealTime();

// Every image as likely as any other: the processor's caches do not help.
void find_uniformly(benchmark::State& state) {
  static const auto order = drawn([](double u) { return u * mappings; });
  find(state, order);
}
BENCHMARK(find_uniformly)->Threads(1)->Threads(2)->UseRealTime();

// The same where the key's bytes are at hand, as a request that has just been read has them: above,
// a name asked for comes from memory itself, which is two of the four waits of a lookup.
void find_at_hand(benchmark::State& state, const std::vector<std::uint32_t>& order) {
  static const auto repositories = names("library/some-name-");
  static store::MappingStore& store = full_store(repositories);
  constexpr std::string_view prefix = "library/some-name-";
  char name[32];
  prefix.copy(name, prefix.size());
  std::size_t next = static_cast<std::size_t>(state.thread_index()) * order.size() / 2;
  for (auto _ : state) {
    if (++next >= order.size()) next = 0;
    const char* const end = std::to_chars(name + prefix.size(), std::end(name), order[next]).ptr;
    const std::string_view made(name, static_cast<std::size_t>(end - name));
    benchmark::DoNotOptimize(store.find(image(made), now));
  }
  state.SetItemsProcessed(state.iterations());
}

void find_at_hand_by_popularity(benchmark::State& state) {
  static const auto order = drawn([](double u) { return std::pow(double{mappings}, u); });
  find_at_hand(state, order);
}
BENCHMARK(find_at_hand_by_popularity)->Threads(1)->Threads(2)->UseRealTime();

void find_at_hand_uniformly(benchmark::State& state) {
  static const auto order = drawn([](double u) { return u * mappings; });
  find_at_hand(state, order);
}
BENCHMARK(find_at_hand_uniformly)->Threads(1)->Threads(2)->UseRealTime();

void find_unknown(benchmark::State& state) {
  static const auto repositories = names("library/some-name-");
  static store::MappingStore& store = full_store(repositories);
  static const auto unknown = names("library/never-seen-");
  std::minstd_rand random(static_cast<unsigned>(state.thread_index() + 1));
  for (auto _ : state) {
    benchmark::DoNotOptimize(store.find(image(unknown[random() % mappings]), now));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_unknown)->Threads(1)->Threads(2)->UseRealTime();

void learn_into_full_store(benchmark::State& state) {
  static const auto repositories = names("library/some-name-");
  static store::MappingStore& store = full_store(repositories);
  static const auto unknown = names("library/never-seen-");
  std::size_t next = 0;
  for (auto _ : state) store.learn(image(unknown[next++ % mappings]), 7, store::Sha256{}, now);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(learn_into_full_store);

}  // namespace
