// What the router has learnt: which project has an image. In memory, bounded, shared by all
// threads.
//
// Invariants: an entry says only which project answered (or that nobody did), never what was
// answered, so it gives nobody a right. Capacity bounds the number of entries whatever names
// clients invent (S3-FIFO: a name asked for once cannot push out one asked for often). Time comes
// from the caller. Any thread may call anything. Lookups take no lock and write to no memory that
// another thread reads, but for a new entry's use count, until it says "often"; other calls hold
// one shard's lock for about a microsecond.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/base/clock.hpp"

namespace harbor_router::store {

// Harbor's own number for a project. A project deleted and made again gets another, so that what
// was learnt of the old one no longer matches any project.
using ProjectId = std::int64_t;

// Milliseconds since 1970, as other machines and later starts know them too.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// One moment by both clocks.
struct Now {
  base::TimePoint steady;
  WallTime wall;
  [[nodiscard]] static Now read() {
    return {base::Clock::now(),
            std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
  }
};

struct Key {
  std::string_view hint;        // registry hint, empty when there is none
  std::string_view repository;  // as the client named it
  std::string_view reference;   // tag or digest; empty: the mapping of the repository as a whole
  std::uint64_t identity = 0;   // negative entries only: whose answer it was; 0 holds for everybody
};

struct Settings {
  std::chrono::nanoseconds ttl = std::chrono::seconds(300);
  std::chrono::nanoseconds negative_ttl = std::chrono::seconds(30);
  std::chrono::nanoseconds stale_window = std::chrono::seconds(60);  // after ttl
  std::chrono::nanoseconds lapsed_window = std::chrono::hours(24);   // after stale_window
  std::size_t capacity = 500'000;                                    // entries
};

// lapsed: a mapping past its stale window. It answers nothing, but says whose word on the image to
// wait for when it is looked for anew.
enum class State { absent, fresh, stale, lapsed, negative };
[[nodiscard]] const char* to_string(State state) noexcept;
[[nodiscard]] constexpr bool is_live_mapping(State state) noexcept {
  return state == State::fresh || state == State::stale;
}

using Sha256 = std::array<std::uint8_t, 32>;

struct Found {
  State state = State::absent;
  ProjectId project = 0;         // of a mapping
  std::optional<Sha256> digest;  // what the reference was when learnt, when known
};

struct Entry {  // for inspection
  std::string hint, repository, reference;
  std::uint64_t identity = 0;
  State state = State::absent;
  ProjectId project = 0;
  std::optional<Sha256> digest;
  std::chrono::seconds age{0};
  std::chrono::seconds expires_in{0};  // until fresh ends; negative once that is over
  std::uint32_t hits = 0;              // above 256 about right, to a twentieth

  [[nodiscard]] Key key() const noexcept {
    return {.hint = hint, .repository = repository, .reference = reference, .identity = identity};
  }
};

struct Statistics {
  std::uint64_t entries = 0, negative_entries = 0, evictions = 0;
  std::uint64_t hits = 0, stale_hits = 0, negative_hits = 0, misses = 0;
  std::size_t bytes = 0;  // of entries and table, allocator overhead not counted
};

// A place in the store from which for_each_from() goes on. What is learnt or dropped meanwhile may
// be seen twice or not at all.
struct Cursor {
  std::size_t shard = 0, entry = 0;
};

struct Record;  // record.hpp
class EntryMemory;
class LookupCounts;
class PackedKey;

class MappingStore {
 public:
  explicit MappingStore(Settings settings);
  ~MappingStore();
  MappingStore(const MappingStore&) = delete;
  MappingStore& operator=(const MappingStore&) = delete;

  // Counts a hit or miss; lapsed is a miss. An entry past its lapsed window is dropped.
  [[nodiscard]] Found find(const Key& key, base::TimePoint now);
  // The same without counting: looking on changes nothing.
  [[nodiscard]] Found look(const Key& key, base::TimePoint now) const;
  [[nodiscard]] std::optional<Entry> peek(const Key& key, base::TimePoint now) const;
  // Whether a live mapping or an absence would be found; counts nothing.
  [[nodiscard]] bool knows(const Key& key, base::TimePoint now) const;
  void learn(const Key& key, ProjectId project, const std::optional<Sha256>& digest,
             base::TimePoint now);
  void learn_absent(const Key& key, base::TimePoint now);
  // Takes in what was learnt elsewhere or earlier, at the age it has; a record's times count no
  // further than the settings here allow. False when it is over, or something live is known
  // already.
  bool restore(const Record& record, Now now);
  void forget(const Key& key);
  // Removes what the predicate accepts; returns how many.
  std::size_t forget_if(const std::function<bool(const Entry&)>& predicate, base::TimePoint now);
  // The same for the images a pattern means (store/image_pattern.hpp).
  std::size_t forget_matching(std::string_view pattern, base::TimePoint now);
  // All negative entries.
  void forget_absences();

  // Visits shard by shard, copying each shard's entries out of its lock first; stops when visit
  // returns false. Entries learnt or dropped meanwhile may or may not be seen.
  void for_each(const std::function<bool(const Entry&)>& visit, base::TimePoint now) const;
  // The same from a cursor on; where it stopped (visit returned false), or nullopt at the end. The
  // entry it stopped at comes first the next time.
  std::optional<Cursor> for_each_from(Cursor from, const std::function<bool(const Entry&)>& visit,
                                      base::TimePoint now) const;
  // The live mappings asked for most, the most asked for first.
  [[nodiscard]] std::vector<Entry> hottest(std::size_t most, base::TimePoint now) const;
  [[nodiscard]] Statistics statistics() const;
  [[nodiscard]] const Settings& settings() const noexcept { return settings_; }

 private:
  class Shard;
  [[nodiscard]] Shard& shard_of(const PackedKey& key) const noexcept;

  Settings settings_;
  std::size_t shard_mask_;
  std::unique_ptr<EntryMemory> memory_;  // outlives the shards, whose entries lie in it
  std::unique_ptr<LookupCounts> counts_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace harbor_router::store
