#include "store/entry_lookup.hpp"

namespace harbor_router::store {

using namespace tag_lanes;

EntrySlots::EntrySlots(EntryMemory& memory, std::size_t capacity)
    : bucket_count_((capacity + capacity / 2) / bucket_slots + 1),
      memory_(&memory),
      allocated_(zeroed<std::byte>((bucket_count_ + 1) * sizeof(Bucket))) {
  static_assert(sizeof(Bucket) == 64);
  const auto start = reinterpret_cast<std::uintptr_t>(allocated_.get());
  buckets_ =
      reinterpret_cast<Bucket*>((start + sizeof(Bucket) - 1) / sizeof(Bucket) * sizeof(Bucket));
}

UseCount EntrySlots::use_of(EntryIndex index) const noexcept {
  return use_in(slot_of(index));
}

void EntrySlots::set_use(EntryIndex index, UseCount use) noexcept {
  const std::size_t slot = slot_of(index);
  store_word(bucket_of(slot).uses[slot % bucket_slots], use.bits());
}

void EntrySlots::add(EntryIndex index, UseCount use) noexcept {
  const std::uint32_t hash = at(index).hash();
  std::size_t number = home(hash);
  while (is_full(number)) number = after(number);
  const Bucket& bucket = buckets_[number];
  const std::size_t free = slot_of_lowest(
      joined(zero_lanes(load_word(bucket.tags[0])), zero_lanes(load_word(bucket.tags[1]))));
  set(number * bucket_slots + free, index, tag_of(hash), use);
}

void EntrySlots::remove(EntryIndex index) noexcept {
  std::size_t hole = slot_of(index);
  while (const auto moved = follower(hole)) {
    const EntryIndex entry = entry_in(*moved);
    set(hole, entry, tag_of(at(entry).hash()), use_in(*moved));
    hole = *moved;
  }
  set(hole, 0, 0, {});
}

std::optional<std::size_t> EntrySlots::follower(std::size_t hole) const noexcept {
  const std::size_t freed = hole / bucket_slots;
  const auto distance = [this](std::size_t from, std::size_t to) {
    return to >= from ? to - from : to + bucket_count_ - from;
  };
  for (std::size_t number = freed; is_full(number);) {
    number = after(number);
    if (number == freed) break;
    for (std::size_t slot = number * bucket_slots; slot < (number + 1) * bucket_slots; ++slot) {
      const EntryIndex entry = entry_in(slot);
      if (entry == 0) continue;
      // It moves up unless that would put it before its home.
      if (distance(home(at(entry).hash()), number) >= distance(freed, number)) return slot;
    }
  }
  return std::nullopt;
}

bool EntrySlots::is_full(std::size_t bucket) const noexcept {
  const auto& tags = buckets_[bucket].tags;
  return (zero_lanes(load_word(tags[0])) | zero_lanes(load_word(tags[1]))) == 0;
}

void EntrySlots::set(std::size_t slot, EntryIndex entry, std::uint16_t tag, UseCount use) noexcept {
  Bucket& bucket = bucket_of(slot);
  const std::size_t place = slot % bucket_slots, shift = place % 4 * 16;
  std::uint64_t& tags = bucket.tags[place / 4];
  store_word(tags, (load_word(tags) & ~(lane_mask << shift)) | std::uint64_t{tag} << shift);
  store_word(bucket.entries[place], entry);
  store_word(bucket.uses[place], use.bits());
}

std::size_t EntrySlots::slot_of(EntryIndex index) const noexcept {
  for (std::size_t number = home(at(index).hash());; number = after(number)) {
    for (std::size_t slot = number * bucket_slots; slot < (number + 1) * bucket_slots; ++slot)
      if (entry_in(slot) == index) return slot;
  }
}

}  // namespace harbor_router::store
