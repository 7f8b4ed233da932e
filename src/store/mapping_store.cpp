#include "harbor_router/store/mapping_store.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "harbor_router/base/guarded.hpp"
#include "harbor_router/store/image_pattern.hpp"
#include "harbor_router/store/record.hpp"
#include "store/entry_table.hpp"
#include "store/key_hash.hpp"

namespace harbor_router::store {
namespace {

constexpr std::size_t most_shards = 64;
constexpr std::size_t least_in_shard = 2048;  // below, hashing unevenly would cost capacity

// The steady clock starts with the machine, and what is restored may be older than that.
constexpr std::chrono::milliseconds before_start = std::chrono::hours(24 * 366);

std::uint64_t milliseconds(base::TimePoint now) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, (since + before_start).count()));
}

Entry describe(const StoredEntry& stored, State state, std::uint64_t now,
               const Settings& settings) {
  const Key key = stored.key();
  const auto age = age_of(stored, now);
  Entry entry;
  entry.hint = key.hint;
  entry.repository = key.repository;
  entry.reference = key.reference;
  entry.identity = key.identity;
  entry.state = state;
  if (!stored.negative()) entry.project = static_cast<ProjectId>(stored.subject);
  entry.digest = stored.digest();
  entry.age = std::chrono::floor<std::chrono::seconds>(age);
  entry.expires_in = std::chrono::floor<std::chrono::seconds>(
      (stored.negative() ? settings.negative_ttl : settings.ttl) - age);
  entry.hits = static_cast<std::uint32_t>(stored.hits);
  return entry;
}

}  // namespace

// On a cache line of its own, so that neighbours' locks do not contend.
class alignas(64) MappingStore::Shard {
 public:
  base::Guarded<EntryTable> table;

  // Calls visit(entry, milliseconds it was learnt at) on a copy, without the lock, until false.
  template <class Visit>
  bool visit_copies(const Settings& settings, std::uint64_t now, const Visit& visit) {
    const std::vector<std::uint64_t> words = table.lock()->copy();
    for (std::size_t at = 0; at < words.size();) {
      const auto& stored = *reinterpret_cast<const StoredEntry*>(&words[at]);
      at += (stored.size() + 7) / 8;
      const State state = state_of(stored, now, settings);
      if (state == State::absent) continue;
      if (!visit(describe(stored, state, now, settings), std::uint64_t{stored.learnt}))
        return false;
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
  shards_ = std::make_unique<Shard[]>(shards);
  for (std::size_t i = 0; i < shards; ++i) {
    const std::size_t share =
        settings_.capacity / shards + (i < settings_.capacity % shards ? 1 : 0);
    *shards_[i].table.lock() = EntryTable(settings_, share);
  }
}

MappingStore::~MappingStore() = default;

Found MappingStore::find(const Key& key, base::TimePoint now) {
  const KeyHash hash = hash_of(key);
  return shards_[hash.shard & shard_mask_].table.lock()->find(key, hash, milliseconds(now));
}

Found MappingStore::look(const Key& key, base::TimePoint now) const {
  const KeyHash hash = hash_of(key);
  auto table = shards_[hash.shard & shard_mask_].table.lock();
  const StoredEntry* const stored = table->peek(key, hash, milliseconds(now));
  if (stored == nullptr) return {};
  const State state = state_of(*stored, milliseconds(now), settings_);
  if (state == State::negative) return {.state = state, .project = 0, .digest = std::nullopt};
  return {.state = state,
          .project = static_cast<ProjectId>(stored->subject),
          .digest = stored->digest()};
}

std::optional<Entry> MappingStore::peek(const Key& key, base::TimePoint now) const {
  const KeyHash hash = hash_of(key);
  auto table = shards_[hash.shard & shard_mask_].table.lock();
  const StoredEntry* const stored = table->peek(key, hash, milliseconds(now));
  if (stored == nullptr) return std::nullopt;
  return describe(*stored, state_of(*stored, milliseconds(now), settings_), milliseconds(now),
                  settings_);
}

bool MappingStore::knows(const Key& key, base::TimePoint now) const {
  const KeyHash hash = hash_of(key);
  return shards_[hash.shard & shard_mask_].table.lock()->peek(key, hash, milliseconds(now)) !=
         nullptr;
}

void MappingStore::learn(const Key& key, ProjectId project, const std::optional<Sha256>& digest,
                         base::TimePoint now) {
  const KeyHash hash = hash_of(key);
  shards_[hash.shard & shard_mask_].table.lock()->learn(key, hash, project, digest,
                                                        milliseconds(now));
}

void MappingStore::learn_absent(const Key& key, base::TimePoint now) {
  const KeyHash hash = hash_of(key);
  shards_[hash.shard & shard_mask_].table.lock()->learn_absent(key, hash, milliseconds(now));
}

bool MappingStore::restore(const Record& record, Now now) {
  using std::chrono::nanoseconds;
  if (state_of(record, now.wall) == State::absent) return false;
  // Another machine's clock, or a hostile writer, must not make an entry younger than new.
  const nanoseconds whole = record.negative ? settings_.negative_ttl : settings_.ttl;
  const nanoseconds left = std::min<nanoseconds>(record.fresh_until - now.wall, whole);
  const base::TimePoint learnt = now.steady - std::min<nanoseconds>(whole - left, before_start);
  const Key key = record.key();
  const KeyHash hash = hash_of(key);
  auto table = shards_[hash.shard & shard_mask_].table.lock();
  if (table->peek(key, hash, milliseconds(now.steady)) != nullptr) return false;
  if (record.negative)
    table->learn_absent(key, hash, milliseconds(learnt));
  else
    table->learn(key, hash, record.project_id, record.digest, milliseconds(learnt));
  return true;
}

void MappingStore::forget(const Key& key) {
  const KeyHash hash = hash_of(key);
  shards_[hash.shard & shard_mask_].table.lock()->forget(key, hash);
}

std::size_t MappingStore::forget_if(const std::function<bool(const Entry&)>& predicate,
                                    base::TimePoint now) {
  std::size_t forgotten = 0;
  for (std::size_t i = 0; i <= shard_mask_; ++i) {
    Shard& shard = shards_[i];
    shard.visit_copies(settings_, milliseconds(now), [&](const Entry& entry, std::uint64_t learnt) {
      if (!predicate(entry)) return true;
      const Key key = entry.key();
      if (shard.table.lock()->forget_learnt(key, hash_of(key), learnt)) ++forgotten;
      return true;
    });
  }
  return forgotten;
}

std::size_t MappingStore::forget_matching(std::string_view pattern, base::TimePoint now) {
  return forget_if([pattern](const Entry& entry) { return matches(pattern, entry.key()); }, now);
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
    if (entry.state == State::negative) return true;
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
  return statistics;
}

}  // namespace harbor_router::store
