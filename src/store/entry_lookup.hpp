// The lookups of entry_slots.hpp, in a header so that MappingStore::find() becomes one piece of
// code: the fewer instructions a lookup has, the sooner the processor, which sees a few hundred
// ahead, gets to the next one and its memory.
#pragma once

#include <bit>

#include "store/entry_slots.hpp"

namespace harbor_router::store {
namespace tag_lanes {

// Four tags are compared in one word.
inline constexpr std::uint64_t lane_ones = 0x0001'0001'0001'0001U;
inline constexpr std::uint64_t lane_tops = 0x8000'8000'8000'8000U;
inline constexpr std::uint64_t lane_mask = 0xFFFF;

// The top bit of each lane that is zero. A lane above a zero one may be named wrongly, none is left
// out.
constexpr std::uint64_t zero_lanes(std::uint64_t lanes) {
  return (lanes - lane_ones) & ~lanes & lane_tops;
}

// Both words' lanes in one: the first word's a bit lower.
constexpr std::uint64_t joined(std::uint64_t first, std::uint64_t second) {
  return first >> 1U | second;
}
constexpr std::size_t slot_of_lowest(std::uint64_t lanes) {
  const auto bit = static_cast<std::size_t>(std::countr_zero(lanes));
  return bit / 16 + (bit % 2) * 4;
}

inline std::uint16_t tag_of(std::uint32_t hash) {  // the home is made of the upper bits
  const auto tag = static_cast<std::uint16_t>(hash);
  return tag == 0 ? 1 : tag;
}

}  // namespace tag_lanes

inline EntrySlots::Place EntrySlots::locate(const PackedKey& key, bool mine) const noexcept {
  using namespace tag_lanes;
  if (mine && key.identity() == 0) return {};
  const std::uint32_t hash = mine ? key.hash().identity : key.hash().mapping;
  const std::uint64_t identity = mine ? key.identity() : 0;
  const std::uint64_t wanted = tag_of(hash) * lane_ones;
  std::size_t number = home(hash);
  // Counted, because a table read while it changes may show no end.
  for (std::size_t probe = 0; probe < bucket_count_; ++probe, number = after(number)) {
    const Bucket& bucket = buckets_[number];
    const std::uint64_t first = load_word(bucket.tags[0]), second = load_word(bucket.tags[1]);
    std::uint64_t same = joined(zero_lanes(first ^ wanted), zero_lanes(second ^ wanted));
    for (; same != 0; same &= same - 1) {
      const std::size_t slot = slot_of_lowest(same);
      const EntryIndex entry = load_word(bucket.entries[slot]);
      if (entry != 0 && at(entry).is(key, identity))
        return {number * bucket_slots + slot, entry, UseCount(load_word(bucket.uses[slot]))};
    }
    if ((zero_lanes(first) | zero_lanes(second)) != 0) break;
  }
  return {};
}

inline constexpr int most_attempts = 64;  // of a lookup, before it waits for the lock

inline EntrySlots::Sighting EntrySlots::sight(const PackedKey& key, std::uint64_t now,
                                              const Settings& settings,
                                              Found& found) const noexcept {
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const std::uint64_t before = sequence_.number();
    Sighting seen = read(key, now, settings, found);
    seen.sure = sequence_.is_still(before);
    if (seen.sure) return seen;
  }
  return {};
}

inline EntrySlots::Sighting EntrySlots::read(const PackedKey& key, std::uint64_t now,
                                             const Settings& settings,
                                             Found& found) const noexcept {
  bool expired = false;
  // What holds for everybody first; then the asker's own absence.
  for (const bool mine : {false, true}) {
    const Place place = locate(key, mine);
    if (place.entry == 0) continue;
    const StoredEntry entry = at(place.entry);
    found.state = state_of(entry, now, settings);
    if (found.state == State::absent) {
      expired = true;
      continue;
    }
    const bool negative = found.state == State::negative;
    found.project = negative ? 0 : static_cast<ProjectId>(entry.subject());
    entry.copy_digest(found.digest,
                      StoredEntry::head_words + key.word_count());  // an absence has none
    return {.place = place, .expired = expired};
  }
  found = {};
  return {.expired = expired};
}

inline void EntrySlots::note_use(const Place& place, std::uint64_t random) noexcept {
  const UseCount after = place.use.after_hit(random);
  if (after == place.use) return;
  // A plain store, not a compare and exchange, which would wait for all that is under way.
  store_word(bucket_of(place.slot).uses[place.slot % bucket_slots], after.bits());
}

}  // namespace harbor_router::store
