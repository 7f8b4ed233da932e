// A mapping store under a clock that moves only when told to.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store::testing {

using base::TimePoint;

inline constexpr std::uint64_t alice = 17;
inline constexpr std::uint64_t bob = 18;

struct Fixture {
  explicit Fixture(Settings settings = {}) : store(settings) {}

  MappingStore store;
  TimePoint now = TimePoint{} + std::chrono::hours(1);

  static Key image(std::string_view repository, std::string_view tag = "latest") {
    return {.hint = "docker.io", .repository = repository, .reference = tag};
  }
  static Key asked_by(std::uint64_t identity, Key key) {
    key.identity = identity;
    return key;
  }
  Found find(const Key& key) { return store.find(key, now); }
  State state(const Key& key) { return find(key).state; }
  void learn(const Key& key, ProjectId project, std::optional<Sha256> digest = std::nullopt) {
    store.learn(key, project, digest, now);
  }
  void learn_absent(const Key& key) { store.learn_absent(key, now); }
  std::vector<Entry> entries() {
    std::vector<Entry> all;
    store.for_each([&](const Entry& entry) { return all.push_back(entry), true; }, now);
    return all;
  }
};

inline Sha256 digest_of(std::uint8_t byte) {
  Sha256 digest;
  digest.fill(byte);
  return digest;
}

}  // namespace harbor_router::store::testing
