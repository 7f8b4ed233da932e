// What 500,000 mappings cost, and what a flood of names does to them.
#include <unistd.h>

#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "harbor_router/store/mapping_store.hpp"

namespace {

using harbor_router::base::TimePoint;
using harbor_router::store::Key;
using harbor_router::store::MappingStore;
using harbor_router::store::Sha256;
using harbor_router::store::State;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int mappings = 50'000;  // memory is the sanitizer's here, and time too
constexpr bool memory_is_ours = false;
#else
constexpr int mappings = 500'000;
constexpr bool memory_is_ours = true;
#endif
constexpr TimePoint instant{};

std::size_t resident_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// 45 bytes of key in all.
std::string hot_name(int number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 7 - digits.size(), '0');
  return "library/some-longer-name-" + digits;
}
Key image(std::string_view name) {
  return {.hint = "docker.io", .repository = name, .reference = "1.27"};
}

// Learnt once, asked for twice.
std::size_t fill(MappingStore& store) {
  Sha256 digest{};
  for (int i = 0; i < mappings; ++i) {
    digest[0] = static_cast<std::uint8_t>(i);
    store.learn(image(hot_name(i)), i, digest, instant);
  }
  std::size_t found = 0;
  for (int i = 0; i < 2 * mappings; ++i) {
    const auto answer = store.find(image(hot_name(i % mappings)), instant);
    if (answer.state == State::fresh && answer.project == i % mappings) ++found;
  }
  return found / 2;
}

std::size_t survivors(MappingStore& store) {
  std::size_t found = 0;
  for (int i = 0; i < mappings; ++i) {
    const auto answer = store.find(image(hot_name(i)), instant);
    if (answer.state == State::fresh) ++found;
  }
  return found;
}

TEST_CASE("500,000 mappings with digests grow the process by less than 64 MiB") {
  const std::size_t before = resident_bytes();
  MappingStore store({.capacity = mappings});
  CHECK(fill(store) >= mappings * 0.98);
  const std::size_t after = resident_bytes();  // less, where other pages were taken meanwhile
  const std::size_t grown = after > before ? after - before : 0;
  const auto counted = store.statistics();
  MESSAGE("grown by ", grown / 1024, " KiB, counted ", counted.bytes / 1024, " KiB, ",
          counted.entries, " entries");
  if (memory_is_ours) {
    CHECK(grown <= std::size_t{64} << 20U);
    CHECK(counted.bytes <= std::size_t{64} << 20U);
    CHECK(counted.bytes >= grown / 2);
  }
}

TEST_CASE("a full store keeps its hot mappings through a flood of invented names") {
  MappingStore store({.capacity = mappings});
  fill(store);
  for (int i = 0; i < 4 * mappings; ++i) {
    const std::string name = "library/invented-" + std::to_string(i);
    REQUIRE(store.find(image(name), instant).state == State::absent);
    store.learn_absent(image(name), instant);
    static_cast<void>(
        store.find(image(name), instant));  // as a client that asks by HEAD, then by GET
  }
  CHECK(survivors(store) >= mappings * 0.95);
  CHECK(store.statistics().entries <= static_cast<std::size_t>(mappings));
}

TEST_CASE("a scan of images asked for once takes no more than the tenth on trial") {
  MappingStore store({.capacity = mappings});
  fill(store);
  for (int i = 0; i < 2 * mappings; ++i) {
    store.learn(image("library/scanned-" + std::to_string(i)), i, std::nullopt, instant);
  }
  CHECK(survivors(store) >= mappings * 0.88);
}

}  // namespace
