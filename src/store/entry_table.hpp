// One shard of the mapping store as writers see it: entries that are in the shard's hash table
// (entry_slots.hpp) and stand in one of three queues.
//
// Eviction is S3-FIFO. A new mapping joins `small` (a tenth of the capacity); leaving it, it goes
// on to `main` if it was asked for meanwhile, else out, and `ghosts` remembers its hash, so that it
// joins main at once if it is learnt again. Main gives every entry that was asked for another
// round. Negative entries have a queue of their own of at most 1/32 of the capacity, first in first
// out: a flood of invented names displaces little but itself.
//
// Invariants: every entry is in the table once and in exactly one queue; size() <= capacity; what a
// call does is bounded (no growth, no rehash, at most `patience` queue steps). Times are
// milliseconds of the steady clock. The shard's lock covers it; lookups read the hash table and the
// entries meanwhile, so every public call that changes them is one Writing of its sequence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "harbor_router/store/mapping_store.hpp"
#include "store/entry_arena.hpp"
#include "store/entry_slots.hpp"
#include "store/key_hash.hpp"
#include "store/packed_key.hpp"
#include "store/stored_entry.hpp"
#include "store/use_count.hpp"
#include "store/zeroed.hpp"

namespace harbor_router::store {

class EntryTable {
 public:
  // An entry and what its slot says of it; the entry holds as long as the lock.
  struct Seen {
    StoredEntry entry;
    UseCount use;
  };

  EntryTable() = default;
  EntryTable(const Settings& settings, std::size_t capacity, EntrySlots& slots,
             EntryMemory& memory);

  // What a lookup would find.
  [[nodiscard]] std::optional<Seen> peek(const PackedKey& key, std::uint64_t now) const;
  void learn(const PackedKey& key, ProjectId project, const std::optional<Sha256>& digest,
             std::uint64_t now);
  void learn_absent(const PackedKey& key, std::uint64_t now);
  void forget(const PackedKey& key);
  // Forgets the key's entry only if it was learnt then: a newer one stays.
  bool forget_learnt(const PackedKey& key, std::uint64_t learnt);

  // Drops what a lookup of the key would meet that has expired.
  void drop_expired(const PackedKey& key, std::uint64_t now);

  // Every entry, one after the other: its use count in a word, then its own words.
  [[nodiscard]] std::vector<std::uint64_t> copy() const;
  void add_to(Statistics& statistics) const;

 private:
  struct Line {  // a queue
    EntryIndex newest = 0, oldest = 0;
    std::size_t size = 0;
  };
  [[nodiscard]] StoredEntry at(EntryIndex index) const noexcept { return slots_->at(index); }
  [[nodiscard]] Line& line(Queue queue) noexcept { return lines_[static_cast<std::size_t>(queue)]; }
  [[nodiscard]] std::size_t size() const noexcept;
  // See EntrySlots::locate(); 0: there is none.
  [[nodiscard]] EntryIndex locate(const PackedKey& key, bool mine) const noexcept {
    return slots_->locate(key, mine).entry;
  }

  struct NewEntry {
    std::uint32_t hash = 0;
    std::uint64_t subject = 0;
    std::uint64_t learnt = 0;
    Queue queue = Queue::small;
    UseCount use;
  };
  void insert(const PackedKey& key, const std::optional<Sha256>& digest, const NewEntry& added);
  void remove(EntryIndex index) noexcept;
  void join(EntryIndex index, Queue queue) noexcept;
  void leave(EntryIndex index) noexcept;
  void drop_expired_tails(std::uint64_t now) noexcept;
  void make_room(Queue joining) noexcept;
  void evict(EntryIndex index) noexcept;
  void evict_oldest() noexcept;

  [[nodiscard]] std::uint16_t& ghost(std::uint32_t hash) noexcept {
    return ghosts_[std::uint64_t{hash} * capacity_ >> 32U];
  }

  Settings settings_;
  std::size_t capacity_ = 0;
  EntrySlots* slots_ = nullptr;
  Zeroed<std::uint16_t> ghosts_;  // a hash's tag each; a newer one overwrites
  EntryArena arena_;
  std::array<Line, queue_count> lines_;
  std::uint64_t evictions_ = 0;
};

}  // namespace harbor_router::store
