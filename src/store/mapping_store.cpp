#include "harbor_router/store/mapping_store.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "harbor_router/base/guarded.hpp"
#include "harbor_router/store/image_pattern.hpp"
#include "harbor_router/store/record.hpp"
#include "store/entry_lookup.hpp"
#include "store/entry_memory.hpp"
#include "store/entry_table.hpp"
#include "store/lookup_counts.hpp"
#include "store/packed_key.hpp"

namespace harbor_router::store {
namespace {

constexpr std::size_t most_shards = 64;
constexpr std::size_t least_in_shard = 2048;  // below, hashing unevenly would cost capacity

// The steady clock starts with the machine, and what is restored may be older than that.
constexpr std::chrono::milliseconds before_start = std::chrono::hours(24 * 366);

std::uint64_t milliseconds(base::TimePoint now) {
  // Unsigned from here on: rounding down needs no second look then.
  const base::Duration since = now.time_since_epoch() + before_start;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, since.count())) / 1'000'000;
}

Entry describe(const EntryTable::Seen& seen, State state, std::uint64_t now,
               const Settings& settings) {
  const StoredEntry& stored = seen.entry;
  const Key key = stored.key();
  const auto age = age_of(stored, now);
  Entry entry;
  entry.hint = key.hint;
  entry.repository = key.repository;
  entry.reference = key.reference;
  entry.identity = key.identity;
  entry.state = state;
  if (!stored.negative()) entry.project = static_cast<ProjectId>(stored.subject());
  stored.copy_digest(entry.digest);
  entry.age = std::chrono::floor<std::chrono::seconds>(age);
  entry.expires_in = std::chrono::floor<std::chrono::seconds>(
      (stored.negative() ? settings.negative_ttl : settings.ttl) - age);
  entry.hits = static_cast<std::uint32_t>(seen.use.hits());
  return entry;
}

}  // namespace

// Lookups read the first line; the lock is on the next, so that taking it disturbs no lookup.
class alignas(64) MappingStore::Shard {
 public:
  EntrySlots slots;
  alignas(64) base::Guarded<EntryTable> table;

  // Where sight() was not sure, or met what has expired, which is dropped.
  [[gnu::noinline]] EntrySlots::Sighting sight_locked(const PackedKey& key, std::uint64_t now,
                                                      const Settings& settings, Found& found) {
    auto locked = table.lock();
    locked->drop_expired(key, now);
    return slots.sight(key, now, settings, found);  // nobody writes now
  }

  // Calls visit(entry, milliseconds it was learnt at) on a copy, without the lock, until false.
  template <class Visit>
  bool visit_copies(const Settings& settings, std::uint64_t now, const Visit& visit) {
    return visit_stored([&](const EntryTable::Seen& seen) {
      const State state = state_of(seen.entry, now, settings);
      return state == State::absent ||
             visit(describe(seen, state, now, settings), seen.entry.learnt());
    });
  }

  // The same of what is stored, expired or not.
  template <class Visit>
  bool visit_stored(const Visit& visit) {
    std::vector<std::uint64_t> words = table.lock()->copy();
    for (std::size_t at = 0; at < words.size();) {
      const EntryTable::Seen seen{StoredEntry(&words[at + 1]),
                                  UseCount(static_cast<std::uint16_t>(words[at]))};
      at += 1 + seen.entry.words();
      if (!visit(seen)) return false;
    }
    return true;
  }
};

const char* to_string(State state) noexcept {
  switch (state) {
    case State::absent:
      return "absent";
    case State::fresh:
      return "fresh";
    case State::stale:
      return "stale";
    case State::lapsed:
      return "lapsed";
    case State::negative:
      return "negative";
  }
  return "?";
}

MappingStore::MappingStore(Settings settings) : settings_(settings) {
  settings_.capacity = std::max<std::size_t>(1, settings_.capacity);
  std::size_t shards = 1;
  while (shards < most_shards && settings_.capacity / (shards * 2) >= least_in_shard) shards *= 2;
  shard_mask_ = shards - 1;
  memory_ = std::make_unique<EntryMemory>(settings_.capacity, shards);
  counts_ = std::make_unique<LookupCounts>();
  shards_ = std::make_unique<Shard[]>(shards);
  for (std::size_t i = 0; i < shards; ++i) {
    const std::size_t share =
        settings_.capacity / shards + (i < settings_.capacity % shards ? 1 : 0);
    Shard& shard = shards_[i];
    shard.slots = EntrySlots(*memory_, share);
    *shard.table.lock() = EntryTable(settings_, share, shard.slots, *memory_);
  }
}

MappingStore::~MappingStore() = default;

MappingStore::Shard& MappingStore::shard_of(const PackedKey& key) const noexcept {
  return shards_[key.hash().shard & shard_mask_];
}

// Flattened, see entry_lookup.hpp.
[[gnu::flatten]] Found MappingStore::find(const Key& key, base::TimePoint now) {
  const PackedKey packed(key);
  Shard& shard = shard_of(packed);
  Found found;
  EntrySlots::Sighting seen = shard.slots.sight(packed, milliseconds(now), settings_, found);
  if (!seen.sure || seen.expired) [[unlikely]]
    seen = shard.sight_locked(packed, milliseconds(now), settings_, found);
  const std::uint64_t random = counts_->count(found.state);
  if (seen.place.entry != 0) shard.slots.note_use(seen.place, random);
  return found;
}

Found MappingStore::look(const Key& key, base::TimePoint now) const {
  const PackedKey packed(key);
  Shard& shard = shard_of(packed);
  Found found;
  if (shard.slots.sight(packed, milliseconds(now), settings_, found).sure) return found;
  const auto table = shard.table.lock();
  static_cast<void>(shard.slots.sight(packed, milliseconds(now), settings_, found));
  return found;
}

std::optional<Entry> MappingStore::peek(const Key& key, base::TimePoint now) const {
  const PackedKey packed(key);
  auto table = shard_of(packed).table.lock();
  const auto seen = table->peek(packed, milliseconds(now));
  if (!seen) return std::nullopt;
  return describe(*seen, state_of(seen->entry, milliseconds(now), settings_), milliseconds(now),
                  settings_);
}

bool MappingStore::knows(const Key& key, base::TimePoint now) const {
  const State state = look(key, now).state;
  return is_live_mapping(state) || state == State::negative;
}

void MappingStore::learn(const Key& key, ProjectId project, const std::optional<Sha256>& digest,
                         base::TimePoint now) {
  const PackedKey packed(key);
  shard_of(packed).table.lock()->learn(packed, project, digest, milliseconds(now));
}

void MappingStore::learn_absent(const Key& key, base::TimePoint now) {
  const PackedKey packed(key);
  shard_of(packed).table.lock()->learn_absent(packed, milliseconds(now));
}

bool MappingStore::restore(const Record& record, Now now) {
  using std::chrono::nanoseconds;
  if (state_of(record, now.wall) == State::absent) return false;
  // Another machine's clock, or a hostile writer, must not make an entry younger than new.
  const nanoseconds whole = record.negative ? settings_.negative_ttl : settings_.ttl;
  const nanoseconds left = std::min<nanoseconds>(record.fresh_until - now.wall, whole);
  const base::TimePoint learnt = now.steady - std::min<nanoseconds>(whole - left, before_start);
  const PackedKey key(record.key());
  auto table = shard_of(key).table.lock();
  const auto known = table->peek(key, milliseconds(now.steady));
  if (known && state_of(known->entry, milliseconds(now.steady), settings_) != State::lapsed)
    return false;
  if (record.negative)
    table->learn_absent(key, milliseconds(learnt));
  else
    table->learn(key, record.project_id, record.digest, milliseconds(learnt));
  return true;
}

void MappingStore::forget(const Key& key) {
  const PackedKey packed(key);
  shard_of(packed).table.lock()->forget(packed);
}

std::size_t MappingStore::forget_if(const std::function<bool(const Entry&)>& predicate,
                                    base::TimePoint now) {
  std::size_t forgotten = 0;
  for (std::size_t i = 0; i <= shard_mask_; ++i) {
    Shard& shard = shards_[i];
    shard.visit_copies(settings_, milliseconds(now), [&](const Entry& entry, std::uint64_t learnt) {
      if (!predicate(entry)) return true;
      if (shard.table.lock()->forget_learnt(PackedKey(entry.key()), learnt)) ++forgotten;
      return true;
    });
  }
  return forgotten;
}

void MappingStore::forget_absences() {
  for (std::size_t i = 0; i <= shard_mask_; ++i) {
    Shard& shard = shards_[i];
    shard.visit_stored([&shard](const EntryTable::Seen& seen) {
      if (seen.entry.negative())
        shard.table.lock()->forget_learnt(PackedKey(seen.entry.key()), seen.entry.learnt());
      return true;
    });
  }
}

std::size_t MappingStore::forget_matching(std::string_view pattern, base::TimePoint now) {
  const ImagePattern meant(pattern);
  return forget_if([&meant](const Entry& entry) { return meant.matches(entry.key()); }, now);
}

void MappingStore::for_each(const std::function<bool(const Entry&)>& visit,
                            base::TimePoint now) const {
  for_each_from({}, visit, now);
}

std::optional<Cursor> MappingStore::for_each_from(Cursor from,
                                                  const std::function<bool(const Entry&)>& visit,
                                                  base::TimePoint now) const {
  for (Cursor at = from; at.shard <= shard_mask_; ++at.shard, from.entry = 0) {
    at.entry = 0;
    const auto visit_entry = [&](const Entry& entry, std::uint64_t) {
      if (at.entry >= from.entry && !visit(entry)) return false;
      ++at.entry;
      return true;
    };
    if (!shards_[at.shard].visit_copies(settings_, milliseconds(now), visit_entry)) return at;
  }
  return std::nullopt;
}

std::vector<Entry> MappingStore::hottest(std::size_t most, base::TimePoint now) const {
  std::vector<Entry> found;
  if (most == 0) return found;
  const auto hotter = [](const Entry& a, const Entry& b) { return a.hits > b.hits; };
  const auto keep = [&](const Entry& entry) {
    if (!is_live_mapping(entry.state)) return true;
    if (found.size() == most) {  // a heap with the least asked for on top
      if (entry.hits <= found.front().hits) return true;
      std::pop_heap(found.begin(), found.end(), hotter);
      found.pop_back();
    }
    found.push_back(entry);
    std::push_heap(found.begin(), found.end(), hotter);
    return true;
  };
  for_each(keep, now);
  std::sort_heap(found.begin(), found.end(), hotter);
  return found;
}

Statistics MappingStore::statistics() const {
  Statistics statistics;
  for (std::size_t i = 0; i <= shard_mask_; ++i) shards_[i].table.lock()->add_to(statistics);
  counts_->add_to(statistics);
  return statistics;
}

}  // namespace harbor_router::store
