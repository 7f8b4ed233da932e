// One shard of the mapping store: a hash table over entries that also stand in one of three queues.
//
// Eviction is S3-FIFO. A new mapping joins `small` (a tenth of the capacity); leaving it, it goes
// on to `main` if it was asked for meanwhile, else out, and `ghosts` remembers its hash, so that it
// joins main at once if it is learnt again. Main gives every entry that was asked for another
// round. Negative entries have a queue of their own of at most 1/32 of the capacity, first in first
// out: a flood of invented names displaces little but itself.
//
// Invariants: every entry is in the table once and in exactly one queue; size() <= capacity; what a
// call does is bounded (no growth, no rehash, at most `patience` queue steps). Times are
// milliseconds of the steady clock. No locks: the shard's lock covers it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "harbor_router/store/mapping_store.hpp"
#include "store/entry_arena.hpp"
#include "store/key_hash.hpp"
#include "store/stored_entry.hpp"

namespace harbor_router::store {

class EntryTable {
 public:
  EntryTable() = default;
  EntryTable(const Settings& settings, std::size_t capacity);

  [[nodiscard]] Found find(const Key& key, const KeyHash& hash, std::uint64_t now);
  // The entry find() would answer with, or null; counts and drops nothing.
  [[nodiscard]] const StoredEntry* peek(const Key& key, const KeyHash& hash,
                                        std::uint64_t now) const;
  void learn(const Key& key, const KeyHash& hash, ProjectId project,
             const std::optional<Sha256>& digest, std::uint64_t now);
  void learn_absent(const Key& key, const KeyHash& hash, std::uint64_t now);
  void forget(const Key& key, const KeyHash& hash);
  // Forgets the key's entry only if it was learnt then: a newer one stays.
  bool forget_learnt(const Key& key, const KeyHash& hash, std::uint64_t learnt);

  // Every entry's bytes, one after the other, each starting at a multiple of eight.
  [[nodiscard]] std::vector<std::uint64_t> copy() const;
  void add_to(Statistics& statistics) const;

 private:
  struct Slot {
    EntryIndex entry = 0;
    std::uint32_t hash = 0;
  };
  struct Line {  // a queue
    EntryIndex newest = 0, oldest = 0;
    std::size_t size = 0;
  };
  struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
  };
  // From calloc: pages are resident only once used.
  template <class T>
  using Zeroed = std::unique_ptr<T[], Free>;

  [[nodiscard]] StoredEntry& at(EntryIndex index) noexcept;
  [[nodiscard]] const StoredEntry& at(EntryIndex index) const noexcept;
  [[nodiscard]] Line& line(Queue queue) noexcept { return lines_[static_cast<std::size_t>(queue)]; }
  [[nodiscard]] std::size_t size() const noexcept;

  [[nodiscard]] std::size_t home(std::uint32_t hash) const noexcept {
    return static_cast<std::size_t>(std::uint64_t{hash} * slot_count_ >> 32U);
  }
  [[nodiscard]] std::size_t after(std::size_t slot) const noexcept {
    return slot + 1 == slot_count_ ? 0 : slot + 1;
  }
  // identity: 0, or the key's own for a negative entry of that identity.
  [[nodiscard]] EntryIndex locate(const Key& key, std::uint32_t hash,
                                  std::uint64_t identity) const noexcept;
  // What find() answers with, or 0; drops what it meets that has expired.
  [[nodiscard]] EntryIndex locate_live(const Key& key, const KeyHash& hash, std::uint64_t now);

  struct NewEntry {
    std::uint32_t hash = 0;
    std::uint64_t subject = 0;
    std::uint64_t hits = 0;
    std::uint64_t learnt = 0;
    Queue queue = Queue::small;
    unsigned recent_hits = 0;
  };
  void insert(const Key& key, const std::optional<Sha256>& digest, const NewEntry& added);
  void remove(EntryIndex index) noexcept;
  void join(EntryIndex index, Queue queue) noexcept;
  void leave(EntryIndex index) noexcept;
  void drop_expired_tails(std::uint64_t now) noexcept;
  void make_room(Queue joining) noexcept;
  void evict(EntryIndex index) noexcept;

  [[nodiscard]] std::uint32_t& ghost(std::uint32_t hash) noexcept {
    return ghosts_[std::uint64_t{hash} * capacity_ >> 32U];
  }

  Settings settings_;
  std::size_t capacity_ = 0;
  std::size_t slot_count_ = 0;
  Zeroed<Slot> slots_;            // linear probing, at most two thirds full
  Zeroed<std::uint32_t> ghosts_;  // a hash each; a newer one overwrites
  EntryArena arena_;
  std::array<Line, queue_count> lines_;
  Statistics counts_;
};

}  // namespace harbor_router::store
