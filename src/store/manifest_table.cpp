#include "store/manifest_table.hpp"

#include <algorithm>
#include <iterator>

#include "harbor_router/store/image_pattern.hpp"

namespace harbor_router::store {
namespace {

constexpr unsigned most_uses = 3;          // remembered of an entry
constexpr std::size_t rounds_given = 64;   // to entries asked for before one has to go
constexpr std::size_t most_sightings = 4;  // of a tag; clients of one kind accept the same
// Of an entry, beside its own bytes: list and index nodes, their heads, the allocator's.
constexpr std::size_t bookkeeping = 128;
// Of one digest in its sighting.
constexpr std::size_t sighting_cost = sizeof(TagSighting) + 96;

std::size_t cost_of(const Manifest& manifest) {
  return sizeof(Manifest) + manifest.digest.str().size() + manifest.media_type.size() +
         manifest.fields.size() + sizeof(std::string) + manifest.body->size();
}

}  // namespace

bool ManifestTable::Entry::is(const HashedManifestKey& at) const noexcept {
  const Key& image = at.key.image;
  return hash == at.hash && project == at.key.project && reference == image.reference &&
         repository == image.repository && hint == image.hint;
}

ManifestTable::ManifestTable(std::size_t capacity)
    : capacity_(capacity), ghosts_(std::clamp<std::size_t>(capacity / 4096, 64, 16384)) {}

ManifestPointer ManifestTable::manifest(const HashedManifestKey& at) {
  const Entry* const entry = used(at);
  return entry == nullptr ? nullptr : entry->manifest;
}

const TagSighting* ManifestTable::tag(const HashedManifestKey& at, oci::AcceptedTypes accepted) {
  const Entry* const entry = used(at);
  if (entry == nullptr) return nullptr;
  for (const TagSighting& seen : entry->sightings)
    if (seen.accepted == accepted) return &seen;
  return nullptr;
}

bool ManifestTable::wants(const HashedManifestKey& at, base::TimePoint asked) const {
  return asked > purged_ && !holds(at);
}

void ManifestTable::keep(const HashedManifestKey& at, ManifestPointer manifest,
                         base::TimePoint asked) {
  if (!wants(at, asked)) return;
  Entry entry;
  entry.cost = cost_of(*manifest);
  entry.manifest = std::move(manifest);
  insert(at, std::move(entry));
}

void ManifestTable::see_tag(const HashedManifestKey& at, TagSighting seen) {
  if (seen.asked <= purged_) return;
  const auto found = index_.find(at);
  if (found == index_.end()) {
    Entry entry;
    entry.cost = most_sightings * sighting_cost;
    entry.sightings.reserve(most_sightings);
    entry.sightings.push_back(std::move(seen));
    return insert(at, std::move(entry));
  }
  std::vector<TagSighting>& sightings = (*found)->sightings;
  const auto oldest =
      std::min_element(sightings.begin(), sightings.end(),
                       [](const auto& a, const auto& b) { return a.asked < b.asked; });
  const auto same = std::find_if(sightings.begin(), sightings.end(),
                                 [&](const auto& each) { return each.accepted == seen.accepted; });
  if (same != sightings.end()) {
    if (same->asked < seen.asked) *same = std::move(seen);
  } else if (sightings.size() < most_sightings) {
    sightings.push_back(std::move(seen));
  } else {
    *oldest = std::move(seen);
  }
}

void ManifestTable::forget(const HashedManifestKey& at) {
  if (const auto found = index_.find(at); found != index_.end()) remove(*found);
}

std::size_t ManifestTable::forget_matching(std::string_view pattern, base::TimePoint now) {
  purged_ = now;
  const ImagePattern meant(pattern);
  std::size_t forgotten = 0;
  for (Queue* queue : {&small_, &main_}) {
    for (Place place = queue->entries.begin(); place != queue->entries.end();) {
      const Place next = std::next(place);
      const Key image = {
          .hint = place->hint, .repository = place->repository, .reference = place->reference};
      if (meant.matches(image)) {
        remove(place);
        ++forgotten;
      }
      place = next;
    }
  }
  return forgotten;
}

void ManifestTable::add_to(ManifestStatistics& statistics) const {
  statistics.entries += index_.size();
  statistics.evictions += evictions_;
  statistics.bytes += bytes();
}

ManifestTable::Entry* ManifestTable::used(const HashedManifestKey& at) {
  const auto found = index_.find(at);
  if (found == index_.end()) return nullptr;
  Entry& entry = **found;
  entry.recent_uses = std::min(entry.recent_uses + 1, most_uses);
  return &entry;
}

void ManifestTable::insert(const HashedManifestKey& at, Entry entry) {
  const Key& image = at.key.image;
  entry.hint = image.hint;
  entry.repository = image.repository;
  entry.reference = image.reference;
  entry.project = at.key.project;
  entry.hash = at.hash;
  entry.cost += sizeof(Entry) + bookkeeping + image.hint.size() + image.repository.size() +
                image.reference.size();
  if (entry.cost > capacity_) return;
  while (bytes() + entry.cost > capacity_) evict_one();
  std::uint32_t& ghost = ghosts_[at.hash % ghosts_.size()];
  entry.in_main = ghost == at.hash;
  if (entry.in_main) ghost = 0;
  Queue& queue = queue_of(entry);
  queue.bytes += entry.cost;
  queue.entries.push_front(std::move(entry));
  index_.insert(queue.entries.begin());
}

void ManifestTable::evict_one() {
  for (std::size_t rounds = 0;; ++rounds) {
    const bool from_small =
        main_.entries.empty() || (!small_.entries.empty() && small_.bytes > capacity_ / 10);
    const Place oldest = std::prev(from_small ? small_.entries.end() : main_.entries.end());
    const bool spared = oldest->recent_uses > 0 && rounds < rounds_given;
    if (!spared) {
      if (from_small) ghosts_[oldest->hash % ghosts_.size()] = oldest->hash;
      ++evictions_;
      return remove(oldest);
    }
    if (from_small) {
      oldest->recent_uses = 0;
      move_to_main(oldest);
    } else {
      --oldest->recent_uses;
      main_.entries.splice(main_.entries.begin(), main_.entries, oldest);
    }
  }
}

void ManifestTable::move_to_main(Place place) {
  small_.bytes -= place->cost;
  main_.bytes += place->cost;
  place->in_main = true;
  main_.entries.splice(main_.entries.begin(), small_.entries, place);
}

void ManifestTable::remove(Place place) {
  Queue& queue = queue_of(*place);
  queue.bytes -= place->cost;
  index_.erase(place);
  queue.entries.erase(place);
}

}  // namespace harbor_router::store
