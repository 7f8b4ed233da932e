// Manifests as Harbor gave them, so that it need not be asked again: by digest for as long as there
// is room, by tag for tag_ttl.
//
// Invariants: every body kept has the digest it is kept under; the bytes held, bookkeeping
// included, stay within the capacity; nothing of one image or project is found under another's
// key, since Harbor gives rights by project. Whether the caller may have what is found is for the
// caller to know. A manifest asked for once cannot push out one asked for often (S3-FIFO).
// Memory of this process alone. Time comes from the caller. Any thread may call anything; a call
// holds one shard's lock for about a microsecond (purges: for a walk over the shard), and bodies
// are shared, never copied.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/oci/digest.hpp"
#include "harbor_router/oci/media_type.hpp"
#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store {

struct Manifest {
  oci::Digest digest;
  std::string media_type;
  std::string fields;             // of the answer's head, whole lines
  std::size_t fields_of_304 = 0;  // so many bytes of them go with "not modified"
  std::shared_ptr<const std::string> body;
};
using ManifestPointer = std::shared_ptr<const Manifest>;

// An image at the project that its mapping names. image.identity is not looked at.
struct ManifestKey {
  Key image;  // its reference: a tag or a digest
  ProjectId project = 0;
};

struct ManifestCacheSettings {
  std::size_t capacity = 0;             // bytes
  std::chrono::nanoseconds tag_ttl{0};  // 0: tags are not kept
};

struct FoundManifest {
  enum class Lookup {
    hit,
    absent,
    expired,       // the tag was seen longer than tag_ttl ago
    not_accepted,  // the client does not take its type
  };
  Lookup lookup = Lookup::absent;
  ManifestPointer manifest;  // with hit
};

struct ManifestStatistics {
  std::uint64_t entries = 0, evictions = 0;  // manifests and tags
  std::size_t bytes = 0;
};

class ManifestCache {
 public:
  explicit ManifestCache(ManifestCacheSettings settings);
  ~ManifestCache();
  ManifestCache(const ManifestCache&) = delete;
  ManifestCache& operator=(const ManifestCache&) = delete;

  [[nodiscard]] FoundManifest find(const ManifestKey& key, oci::AcceptedTypes accepted,
                                   base::TimePoint now);
  // What Harbor answered to a question asked then. Not kept: a body that is not its digest's, what
  // does not fit, and what was asked for before the last purge. False: the body is not its
  // digest's.
  bool keep(const ManifestKey& key, oci::AcceptedTypes accepted, Manifest manifest,
            base::TimePoint asked);
  // Whether the image's manifest of this digest is kept: keep() would only see the tag.
  [[nodiscard]] bool holds(const ManifestKey& key, const oci::Digest& digest) const;
  // What Harbor said a tag is, to clients that accept the same. An older word than the one known
  // changes nothing.
  void see_tag(const ManifestKey& key, oci::AcceptedTypes accepted, const oci::Digest& digest,
               base::TimePoint asked);
  void forget(const ManifestKey& key);
  // For the images a pattern means (store/image_pattern.hpp); returns how many entries went.
  std::size_t forget_matching(std::string_view pattern, base::TimePoint now);
  [[nodiscard]] ManifestStatistics statistics() const;

 private:
  class Shard;
  [[nodiscard]] Shard& shard_of(std::uint32_t hash) const;
  ManifestCacheSettings settings_;
  std::size_t shard_mask_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace harbor_router::store
