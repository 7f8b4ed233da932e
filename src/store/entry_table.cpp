#include "store/entry_table.hpp"

#include <algorithm>
#include <new>

namespace harbor_router::store {
namespace {

constexpr int patience = 16;  // entries looked at before one has to go
constexpr std::size_t longest_part = 255;
static_assert(sizeof(StoredEntry) + sizeof(Sha256) + 3 * longest_part <= EntryArena::largest);

template <class T>
T* zeroed(std::size_t count) {
  void* memory = std::calloc(count, sizeof(T));
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<T*>(memory);
}

// The grammar of names keeps keys shorter; a longer one is simply not remembered.
bool storable(const Key& key) {
  return key.hint.size() <= longest_part && key.repository.size() <= longest_part &&
         key.reference.size() <= longest_part;
}

}  // namespace

EntryTable::EntryTable(const Settings& settings, std::size_t capacity)
    : settings_(settings),
      capacity_(capacity),
      slot_count_(capacity + capacity / 2 + 2),
      slots_(zeroed<Slot>(slot_count_)),
      ghosts_(zeroed<std::uint32_t>(capacity)) {}

Found EntryTable::find(const Key& key, const KeyHash& hash, std::uint64_t now) {
  const EntryIndex index = locate_live(key, hash, now);
  if (index == 0) {
    ++counts_.misses;
    return {};
  }
  StoredEntry& entry = at(index);
  if (entry.hits < StoredEntry::most_hits) ++entry.hits;
  if (entry.recent_hits < 3) ++entry.recent_hits;
  const State state = state_of(entry, now, settings_);
  if (state == State::negative) {
    ++counts_.negative_hits;
    return {.state = state, .project = 0, .digest = std::nullopt};
  }
  ++(state == State::fresh ? counts_.hits : counts_.stale_hits);
  return {
      .state = state, .project = static_cast<ProjectId>(entry.subject), .digest = entry.digest()};
}

const StoredEntry* EntryTable::peek(const Key& key, const KeyHash& hash, std::uint64_t now) const {
  const auto live = [&](EntryIndex index) {
    return index != 0 && state_of(at(index), now, settings_) != State::absent;
  };
  const EntryIndex shared = locate(key, hash.mapping, 0);
  if (live(shared)) return &at(shared);
  const EntryIndex own = key.identity == 0 ? 0 : locate(key, hash.identity, key.identity);
  return live(own) ? &at(own) : nullptr;
}

void EntryTable::learn(const Key& key, const KeyHash& hash, ProjectId project,
                       const std::optional<Sha256>& digest, std::uint64_t now) {
  if (!storable(key)) return;
  NewEntry added = {.hash = hash.mapping,
                    .subject = static_cast<std::uint64_t>(project),
                    .hits = 0,
                    .learnt = now,
                    .queue = Queue::small,
                    .recent_hits = 0};
  if (key.identity != 0) {
    if (const EntryIndex negative = locate(key, hash.identity, key.identity)) remove(negative);
  }
  if (const EntryIndex known = locate(key, hash.mapping, 0)) {
    StoredEntry& entry = at(known);
    if (!entry.negative()) {
      if ((entry.has_digest != 0) == digest.has_value()) {
        entry.subject = added.subject;
        entry.learnt = now & StoredEntry::latest;
        if (digest) entry.set_digest(*digest);
        return;
      }
      added.hits = entry.hits;
      added.queue = entry.queue();
      added.recent_hits = entry.recent_hits;
    }
    remove(known);
  } else if (std::uint32_t& remembered = ghost(hash.mapping); remembered == hash.mapping) {
    remembered = 0;
    added.queue = Queue::main;
  }
  drop_expired_tails(now);
  insert(key, digest, added);
}

void EntryTable::learn_absent(const Key& key, const KeyHash& hash, std::uint64_t now) {
  if (!storable(key)) return;
  // Also for one person's answer: the project the mapping names has said that it has no such image.
  if (const EntryIndex known = locate(key, hash.mapping, 0)) remove(known);
  std::uint64_t hits = 0;
  if (key.identity != 0) {
    if (const EntryIndex known = locate(key, hash.identity, key.identity)) {
      hits = at(known).hits;
      remove(known);
    }
  }
  drop_expired_tails(now);
  insert(key, std::nullopt,
         {.hash = hash.identity,
          .subject = key.identity,
          .hits = hits,
          .learnt = now,
          .queue = Queue::absent,
          .recent_hits = 0});
}

void EntryTable::forget(const Key& key, const KeyHash& hash) {
  if (const EntryIndex known = locate(key, hash.mapping, 0)) remove(known);
  if (key.identity == 0) return;
  if (const EntryIndex known = locate(key, hash.identity, key.identity)) remove(known);
}

bool EntryTable::forget_learnt(const Key& key, const KeyHash& hash, std::uint64_t learnt) {
  const EntryIndex known = locate(key, hash.identity, key.identity);
  if (known == 0 || at(known).learnt != learnt) return false;
  remove(known);
  return true;
}

std::vector<std::uint64_t> EntryTable::copy() const {
  std::vector<std::uint64_t> words;
  words.reserve(arena_.bytes() / sizeof(std::uint64_t));
  for (const Line& copied : lines_) {  // as they were learnt, so mostly as they lie in memory
    for (EntryIndex index = copied.oldest; index != 0; index = at(index).newer) {
      const StoredEntry& entry = at(index);
      const std::size_t start = words.size();
      words.resize(start + (entry.size() + 7) / 8);
      std::memcpy(&words[start], &entry, entry.size());
    }
  }
  return words;
}

void EntryTable::add_to(Statistics& statistics) const {
  statistics.entries += size();
  statistics.negative_entries += lines_[static_cast<std::size_t>(Queue::absent)].size;
  statistics.evictions += counts_.evictions;
  statistics.hits += counts_.hits;
  statistics.stale_hits += counts_.stale_hits;
  statistics.negative_hits += counts_.negative_hits;
  statistics.misses += counts_.misses;
  statistics.bytes +=
      arena_.bytes() + slot_count_ * sizeof(Slot) + capacity_ * sizeof(std::uint32_t);
}

StoredEntry& EntryTable::at(EntryIndex index) noexcept {
  return *std::launder(reinterpret_cast<StoredEntry*>(arena_.at(index)));
}

const StoredEntry& EntryTable::at(EntryIndex index) const noexcept {
  return *std::launder(reinterpret_cast<const StoredEntry*>(arena_.at(index)));
}

std::size_t EntryTable::size() const noexcept {
  return lines_[0].size + lines_[1].size + lines_[2].size;
}

EntryIndex EntryTable::locate(const Key& key, std::uint32_t hash,
                              std::uint64_t identity) const noexcept {
  for (std::size_t slot = home(hash); slots_[slot].entry != 0; slot = after(slot)) {
    if (slots_[slot].hash != hash) continue;
    const StoredEntry& entry = at(slots_[slot].entry);
    const Key stored = entry.key();
    if (stored.reference == key.reference && stored.repository == key.repository &&
        stored.hint == key.hint && stored.identity == identity) {
      return slots_[slot].entry;
    }
  }
  return 0;
}

EntryIndex EntryTable::locate_live(const Key& key, const KeyHash& hash, std::uint64_t now) {
  if (const EntryIndex known = locate(key, hash.mapping, 0)) {
    if (state_of(at(known), now, settings_) != State::absent) return known;
    remove(known);
  }
  if (key.identity == 0) return 0;
  if (const EntryIndex known = locate(key, hash.identity, key.identity)) {
    if (state_of(at(known), now, settings_) != State::absent) return known;
    remove(known);
  }
  return 0;
}

void EntryTable::insert(const Key& key, const std::optional<Sha256>& digest,
                        const NewEntry& added) {
  make_room(added.queue);
  const std::size_t parts = key.hint.size() + key.repository.size() + key.reference.size();
  const EntryIndex index =
      arena_.allocate(sizeof(StoredEntry) + (digest ? digest->size() : 0) + parts);
  auto& entry = *new (arena_.at(index)) StoredEntry{};
  entry.subject = added.subject;
  entry.learnt = added.learnt & StoredEntry::latest;
  entry.hits = added.hits & StoredEntry::most_hits;
  entry.hash = added.hash;
  entry.hint_length = static_cast<std::uint8_t>(key.hint.size());
  entry.repository_length = static_cast<std::uint8_t>(key.repository.size());
  entry.reference_length = static_cast<std::uint8_t>(key.reference.size());
  entry.recent_hits = added.recent_hits & 3U;
  entry.has_digest = digest ? 1 : 0;
  if (digest) entry.set_digest(*digest);
  entry.set_key(key);
  join(index, added.queue);

  std::size_t slot = home(added.hash);
  while (slots_[slot].entry != 0) slot = after(slot);
  slots_[slot] = {.entry = index, .hash = added.hash};
}

void EntryTable::remove(EntryIndex index) noexcept {
  std::size_t hole = home(at(index).hash);
  while (slots_[hole].entry != index) hole = after(hole);
  const auto distance = [this](std::size_t from, std::size_t to) {
    return to >= from ? to - from : to + slot_count_ - from;
  };
  // Close the gap: an entry behind it moves up unless that would put it before its home.
  for (std::size_t next = after(hole); slots_[next].entry != 0; next = after(next)) {
    if (distance(home(slots_[next].hash), next) < distance(hole, next)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = {};
  leave(index);
  arena_.release(index);
}

void EntryTable::join(EntryIndex index, Queue queue) noexcept {
  Line& joined = line(queue);
  StoredEntry& entry = at(index);
  entry.queue_number = static_cast<std::uint8_t>(queue) & 3U;
  entry.newer = 0;
  entry.older = joined.newest;
  (joined.newest != 0 ? at(joined.newest).newer : joined.oldest) = index;
  joined.newest = index;
  ++joined.size;
}

void EntryTable::leave(EntryIndex index) noexcept {
  StoredEntry& entry = at(index);
  Line& left = line(entry.queue());
  (entry.newer != 0 ? at(entry.newer).older : left.newest) = entry.older;
  (entry.older != 0 ? at(entry.older).newer : left.oldest) = entry.newer;
  --left.size;
}

void EntryTable::drop_expired_tails(std::uint64_t now) noexcept {
  for (const Line& swept : lines_) {
    for (int step = 0; step < 2 && swept.oldest != 0; ++step) {
      if (state_of(at(swept.oldest), now, settings_) != State::absent) break;
      remove(swept.oldest);
    }
  }
}

void EntryTable::make_room(Queue joining) noexcept {
  Line& small = line(Queue::small);
  Line& main = line(Queue::main);
  Line& absent = line(Queue::absent);
  const std::size_t small_share = std::max<std::size_t>(1, capacity_ / 10);
  const std::size_t absent_share = std::max<std::size_t>(1, capacity_ / 32);

  if (joining == Queue::absent && absent.size >= absent_share) {
    evict(absent.oldest);
    return;
  }
  if (size() < capacity_) {
    // While there is room nobody has to prove anything.
    if (joining == Queue::small && small.size >= small_share) {
      const EntryIndex oldest = small.oldest;
      leave(oldest);
      join(oldest, Queue::main);
    }
    return;
  }
  for (int step = 0; step < patience; ++step) {
    const bool from_small = small.size >= small_share || main.size == 0;
    const EntryIndex oldest = from_small ? small.oldest : main.oldest;
    if (oldest == 0) break;
    StoredEntry& entry = at(oldest);
    if (entry.recent_hits == 0) {
      evict(oldest);
      return;
    }
    leave(oldest);
    entry.recent_hits = from_small ? 0 : (entry.recent_hits - 1U) & 3U;
    join(oldest, Queue::main);
  }
  for (const Line& candidate : {main, small, absent}) {
    if (candidate.oldest != 0) {
      evict(candidate.oldest);
      return;
    }
  }
}

void EntryTable::evict(EntryIndex index) noexcept {
  const StoredEntry& entry = at(index);
  if (entry.queue() == Queue::small) ghost(entry.hash) = entry.hash;
  ++counts_.evictions;
  remove(index);
}

}  // namespace harbor_router::store
