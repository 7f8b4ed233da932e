// One shard of the manifest cache: an index over entries that also stand in one of two queues.
//
// Eviction is S3-FIFO by bytes. A new entry joins `small`; while small holds more than a tenth of
// the capacity its oldest leave first: on to `main` if asked for meanwhile, else out, and `ghosts`
// remembers their hash, so that they join main if they come again. Main gives an entry that was
// asked for another round.
//
// Invariants: every entry is in the index once and in exactly one queue; the sum of their costs is
// bytes() <= capacity. An entry is either a manifest (by digest) or a tag. No locks: the shard's
// lock covers it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_set>
#include <vector>

#include "harbor_router/store/manifest_cache.hpp"

namespace harbor_router::store {

// With its hash (see manifest_cache.cpp), computed once.
struct HashedManifestKey {
  const ManifestKey& key;
  std::uint32_t hash = 0;
};

// What a tag was, to clients that accept the same.
struct TagSighting {
  oci::AcceptedTypes accepted;
  oci::Digest digest;
  base::TimePoint asked;
};

class ManifestTable {
 public:
  ManifestTable() : ManifestTable(0) {}
  explicit ManifestTable(std::size_t capacity);

  // Null: not there. Counts as having been asked for.
  [[nodiscard]] ManifestPointer manifest(const HashedManifestKey& at);
  [[nodiscard]] const TagSighting* tag(const HashedManifestKey& at, oci::AcceptedTypes accepted);
  [[nodiscard]] bool holds(const HashedManifestKey& at) const { return index_.contains(at); }
  // Whether keep() would have something to keep.
  [[nodiscard]] bool wants(const HashedManifestKey& at, base::TimePoint asked) const;
  void keep(const HashedManifestKey& at, ManifestPointer manifest, base::TimePoint asked);
  void see_tag(const HashedManifestKey& at, TagSighting seen);
  void forget(const HashedManifestKey& at);
  std::size_t forget_matching(std::string_view pattern, base::TimePoint now);
  void add_to(ManifestStatistics& statistics) const;
  [[nodiscard]] std::size_t bytes() const noexcept { return small_.bytes + main_.bytes; }

 private:
  struct Entry {
    std::string hint, repository, reference;
    ProjectId project = 0;
    std::uint32_t hash = 0;
    std::size_t cost = 0;
    unsigned recent_uses = 0;
    bool in_main = false;
    ManifestPointer manifest;            // null: a tag
    std::vector<TagSighting> sightings;  // of a tag, at most most_sightings

    [[nodiscard]] bool is(const HashedManifestKey& at) const noexcept;
  };
  using Place = std::list<Entry>::iterator;
  struct Queue {
    std::list<Entry> entries;  // the newest first
    std::size_t bytes = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Place& place) const noexcept { return place->hash; }
    std::size_t operator()(const HashedManifestKey& at) const noexcept { return at.hash; }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const Place& a, const Place& b) const noexcept { return a == b; }
    bool operator()(const Place& a, const HashedManifestKey& b) const noexcept { return a->is(b); }
    bool operator()(const HashedManifestKey& a, const Place& b) const noexcept { return b->is(a); }
  };

  // Null: not there. The pointer holds until the next call that changes something.
  [[nodiscard]] Entry* used(const HashedManifestKey& at);
  void insert(const HashedManifestKey& at, Entry entry);
  void evict_one();
  void remove(Place place);
  void move_to_main(Place place);
  [[nodiscard]] Queue& queue_of(const Entry& entry) noexcept {
    return entry.in_main ? main_ : small_;
  }

  std::size_t capacity_;
  std::unordered_set<Place, Hash, Same> index_;
  Queue small_, main_;
  std::vector<std::uint32_t> ghosts_;  // a hash each; a newer one overwrites
  base::TimePoint purged_ = base::TimePoint::min();
  std::uint64_t evictions_ = 0;
};

}  // namespace harbor_router::store
