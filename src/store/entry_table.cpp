#include "store/entry_table.hpp"

#include <algorithm>

#include "store/entry_lookup.hpp"

namespace harbor_router::store {
namespace {

constexpr int patience = 16;  // entries looked at before one has to go
static_assert(StoredEntry::most_words <= EntryArena::largest_words);

}  // namespace

EntryTable::EntryTable(const Settings& settings, std::size_t capacity, EntrySlots& slots,
                       EntryMemory& memory)
    : settings_(settings),
      capacity_(capacity),
      slots_(&slots),
      ghosts_(zeroed<std::uint16_t>(capacity)),
      arena_(memory) {}

std::optional<EntryTable::Seen> EntryTable::peek(const PackedKey& key, std::uint64_t now) const {
  for (const bool mine : {false, true}) {
    const EntryIndex known = locate(key, mine);
    if (known != 0 && state_of(at(known), now, settings_) != State::absent)
      return Seen{at(known), slots_->use_of(known)};
  }
  return std::nullopt;
}

void EntryTable::learn(const PackedKey& key, ProjectId project, const std::optional<Sha256>& digest,
                       std::uint64_t now) {
  if (!key.is_storable()) return;
  const Sequence::Writing writing(slots_->sequence());
  NewEntry added = {.hash = key.hash().mapping,
                    .subject = static_cast<std::uint64_t>(project),
                    .learnt = now,
                    .queue = Queue::small,
                    .use = {}};
  if (const EntryIndex negative = locate(key, true)) remove(negative);
  if (const EntryIndex known = locate(key, false)) {
    StoredEntry entry = at(known);
    if (!entry.negative()) {
      if (entry.has_digest() == digest.has_value()) {
        entry.set_subject(added.subject);
        entry.set_learnt(now);
        if (digest) entry.set_digest(*digest);
        return;
      }
      added.queue = entry.queue();
      added.use = slots_->use_of(known);
    }
    remove(known);
  } else if (std::uint16_t& remembered = ghost(key.hash().mapping);
             remembered == tag_lanes::tag_of(key.hash().mapping)) {
    remembered = 0;
    added.queue = Queue::main;
  }
  drop_expired_tails(now);
  insert(key, digest, added);
}

void EntryTable::learn_absent(const PackedKey& key, std::uint64_t now) {
  if (!key.is_storable()) return;
  const Sequence::Writing writing(slots_->sequence());
  NewEntry added = {.hash = key.hash().identity,
                    .subject = key.identity(),
                    .learnt = now,
                    .queue = Queue::absent,
                    .use = {}};
  // Also for one person's answer: the project the mapping names has said that it has no such image.
  if (const EntryIndex known = locate(key, false)) remove(known);
  if (const EntryIndex known = locate(key, true)) {
    added.use = slots_->use_of(known).with_recent(0);
    remove(known);
  }
  drop_expired_tails(now);
  insert(key, std::nullopt, added);
}

void EntryTable::forget(const PackedKey& key) {
  const Sequence::Writing writing(slots_->sequence());
  for (const bool mine : {false, true}) {
    if (const EntryIndex known = locate(key, mine)) remove(known);
  }
}

bool EntryTable::forget_learnt(const PackedKey& key, std::uint64_t learnt) {
  const EntryIndex known = locate(key, key.identity() != 0);
  if (known == 0 || at(known).learnt() != learnt) return false;
  const Sequence::Writing writing(slots_->sequence());
  remove(known);
  return true;
}

void EntryTable::drop_expired(const PackedKey& key, std::uint64_t now) {
  const Sequence::Writing writing(slots_->sequence());
  for (const bool mine : {false, true}) {
    const EntryIndex known = locate(key, mine);
    if (known != 0 && state_of(at(known), now, settings_) == State::absent) remove(known);
  }
}

std::vector<std::uint64_t> EntryTable::copy() const {
  std::vector<std::uint64_t> words;
  words.reserve(arena_.bytes() / sizeof(std::uint64_t) + size());
  for (const Line& copied : lines_) {  // as they were learnt, so mostly as they lie in memory
    for (EntryIndex index = copied.oldest; index != 0; index = at(index).neighbours().newer) {
      const StoredEntry entry = at(index);
      words.push_back(slots_->use_of(index).bits());
      for (std::size_t i = 0; i < entry.words(); ++i) words.push_back(entry.word(i));
    }
  }
  return words;
}

void EntryTable::add_to(Statistics& statistics) const {
  statistics.entries += size();
  statistics.negative_entries += lines_[static_cast<std::size_t>(Queue::absent)].size;
  statistics.evictions += evictions_;
  statistics.bytes += arena_.bytes() + slots_->bytes() + capacity_ * sizeof(std::uint16_t);
}

std::size_t EntryTable::size() const noexcept {
  return lines_[0].size + lines_[1].size + lines_[2].size;
}

void EntryTable::insert(const PackedKey& key, const std::optional<Sha256>& digest,
                        const NewEntry& added) {
  make_room(added.queue);
  const EntryIndex index = arena_.allocate(StoredEntry::words_for(key, digest.has_value()));
  if (index == 0) {
    // No page is left, so this one is not remembered; an older one makes room for the next.
    evict_oldest();
    return;
  }
  StoredEntry entry = at(index);
  entry.create(key, added.hash, added.subject, digest);
  entry.set_learnt(added.learnt);
  join(index, added.queue);
  slots_->add(index, added.use);
}

void EntryTable::remove(EntryIndex index) noexcept {
  slots_->remove(index);
  leave(index);
  arena_.release(index);
}

void EntryTable::join(EntryIndex index, Queue queue) noexcept {
  Line& joined = line(queue);
  StoredEntry entry = at(index);
  entry.set_queue(queue);
  entry.set_neighbours({.newer = 0, .older = joined.newest});
  if (joined.newest != 0) {
    StoredEntry before = at(joined.newest);
    before.set_neighbours({.newer = index, .older = before.neighbours().older});
  } else {
    joined.oldest = index;
  }
  joined.newest = index;
  ++joined.size;
}

void EntryTable::leave(EntryIndex index) noexcept {
  Line& left = line(at(index).queue());
  const auto [newer, older] = at(index).neighbours();
  if (newer != 0) {
    at(newer).set_neighbours({.newer = at(newer).neighbours().newer, .older = older});
  } else {
    left.newest = older;
  }
  if (older != 0) {
    at(older).set_neighbours({.newer = newer, .older = at(older).neighbours().older});
  } else {
    left.oldest = newer;
  }
  --left.size;
}

// Of a full table what has lapsed goes too, before anything live does.
void EntryTable::drop_expired_tails(std::uint64_t now) noexcept {
  const bool full = size() >= capacity_;
  for (const Line& swept : lines_) {
    for (int step = 0; step < 2 && swept.oldest != 0; ++step) {
      const State state = state_of(at(swept.oldest), now, settings_);
      if (state != State::absent && !(full && state == State::lapsed)) break;
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
    const UseCount use = slots_->use_of(oldest);
    if (use.recent() == 0) {
      evict(oldest);
      return;
    }
    leave(oldest);
    slots_->set_use(oldest, use.with_recent(from_small ? 0 : use.recent() - 1));
    join(oldest, Queue::main);
  }
  evict_oldest();
}

void EntryTable::evict_oldest() noexcept {
  for (const Queue queue : {Queue::main, Queue::small, Queue::absent}) {
    if (const EntryIndex oldest = line(queue).oldest; oldest != 0) return evict(oldest);
  }
}

void EntryTable::evict(EntryIndex index) noexcept {
  const StoredEntry entry = at(index);
  if (entry.queue() == Queue::small) ghost(entry.hash()) = tag_lanes::tag_of(entry.hash());
  ++evictions_;
  remove(index);
}

}  // namespace harbor_router::store
