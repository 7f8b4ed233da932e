// One shard's hash table: which entry has which key. Lookups read it, and the entries behind it,
// without a lock; they write nothing but an entry's use count, and that more and more rarely.
//
// A bucket is one cache line: of eight entries it has 16 bits of the hash each, where they lie, and
// how often they were asked for. Nearly all are found in the bucket where their hash belongs, with
// all eight compared at once, so that the processor guesses right what comes next and starts on the
// next lookup while this one waits for memory.
//
// Invariants: every entry is in it once; between the bucket where an entry belongs and the one
// where it is, all are full; at most two thirds of the slots are taken. Everything but sight() and
// note_use() is for the holder of the shard's lock, and what changes something is done within a
// Writing of sequence().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "harbor_router/store/mapping_store.hpp"
#include "store/entry_memory.hpp"
#include "store/key_hash.hpp"
#include "store/packed_key.hpp"
#include "store/sequence.hpp"
#include "store/stored_entry.hpp"
#include "store/use_count.hpp"
#include "store/zeroed.hpp"

namespace harbor_router::store {

class EntrySlots {
 public:
  struct Place {
    std::size_t slot = 0;
    EntryIndex entry = 0;  // 0: the key is not in the table
    UseCount use;          // as it was read
  };
  struct Sighting {
    Place place;           // of what was found
    bool expired = false;  // an entry past its stale window was met
    bool sure = false;     // false: somebody was always writing, and nothing is known
  };

  EntrySlots() = default;
  EntrySlots(EntryMemory& memory, std::size_t capacity);

  // What the key's lookup answers with is put into `found`, once, since an answer that is moved
  // about costs more than looking it up. Any thread.
  [[nodiscard]] Sighting sight(const PackedKey& key, std::uint64_t now, const Settings& settings,
                               Found& found) const noexcept;
  // Counts a hit on what was seen. Any thread. If the slot has become another's just then, that one
  // has the count: it is good for nothing but to guess what will be asked for.
  void note_use(const Place& place, std::uint64_t random) noexcept;

  [[nodiscard]] Sequence& sequence() noexcept { return sequence_; }
  [[nodiscard]] StoredEntry at(EntryIndex index) const noexcept {
    return StoredEntry(memory_->at(index));
  }
  // The entry that is everybody's, or (mine) the negative one of the key's identity.
  [[nodiscard]] Place locate(const PackedKey& key, bool mine) const noexcept;
  [[nodiscard]] UseCount use_of(EntryIndex index) const noexcept;
  void set_use(EntryIndex index, UseCount use) noexcept;
  void add(EntryIndex index, UseCount use) noexcept;
  void remove(EntryIndex index) noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept { return bucket_count_ * sizeof(Bucket); }

 private:
  static constexpr std::size_t bucket_slots = 8;
  struct alignas(64) Bucket {
    std::uint64_t tags[2];  // 16 bits of each entry's hash; 0: the slot is free
    EntryIndex entries[bucket_slots];
    std::uint16_t uses[bucket_slots];
  };

  [[nodiscard]] std::size_t home(std::uint32_t hash) const noexcept {
    return static_cast<std::size_t>(std::uint64_t{hash} * bucket_count_ >> 32U);
  }
  [[nodiscard]] std::size_t after(std::size_t bucket) const noexcept {
    return bucket + 1 == bucket_count_ ? 0 : bucket + 1;
  }
  [[nodiscard]] bool is_full(std::size_t bucket) const noexcept;
  [[nodiscard]] Bucket& bucket_of(std::size_t slot) const noexcept {
    return buckets_[slot / bucket_slots];
  }
  [[nodiscard]] EntryIndex entry_in(std::size_t slot) const noexcept {
    return load_word(bucket_of(slot).entries[slot % bucket_slots]);
  }
  [[nodiscard]] UseCount use_in(std::size_t slot) const noexcept {
    return UseCount(load_word(bucket_of(slot).uses[slot % bucket_slots]));
  }
  void set(std::size_t slot, EntryIndex entry, std::uint16_t tag, UseCount use) noexcept;
  [[nodiscard]] std::size_t slot_of(EntryIndex index) const noexcept;
  // A slot behind the hole whose entry has to move into it; nullopt: none has.
  [[nodiscard]] std::optional<std::size_t> follower(std::size_t hole) const noexcept;
  [[nodiscard]] Sighting read(const PackedKey& key, std::uint64_t now, const Settings& settings,
                              Found& found) const noexcept;

  // What a lookup needs, in one cache line.
  Sequence sequence_;
  std::size_t bucket_count_ = 0;
  Bucket* buckets_ = nullptr;
  EntryMemory* memory_ = nullptr;
  Zeroed<std::byte> allocated_;  // the buckets, and room to begin them at a cache line
};

}  // namespace harbor_router::store
