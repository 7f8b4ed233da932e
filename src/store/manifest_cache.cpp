#include "harbor_router/store/manifest_cache.hpp"

#include "harbor_router/base/guarded.hpp"
#include "store/key_hash.hpp"
#include "store/manifest_table.hpp"

namespace harbor_router::store {
namespace {

constexpr std::size_t most_manifest_shards = 16;
constexpr std::size_t least_shard_bytes = 16U << 20U;  // each holds several of the largest

// The project takes the place that a person's identity has in keys of mappings.
KeyHash hash_of(const ManifestKey& key) {
  Key image = key.image;
  image.identity = static_cast<std::uint64_t>(key.project);
  return store::hash_of(image);
}

bool names_digest(const ManifestKey& key) {
  return key.image.reference.find(':') != std::string_view::npos;  // no tag has one
}

ManifestKey by_digest(const ManifestKey& key, const oci::Digest& digest) {
  ManifestKey made = key;
  made.image.reference = digest.str();
  return made;
}

}  // namespace

// On a cache line of its own, so that neighbours' locks do not contend.
class alignas(64) ManifestCache::Shard {
 public:
  base::Guarded<ManifestTable> table;
};

ManifestCache::ManifestCache(ManifestCacheSettings settings) : settings_(settings) {
  std::size_t shards = 1;
  while (shards < most_manifest_shards && settings_.capacity / (shards * 2) >= least_shard_bytes)
    shards *= 2;
  shard_mask_ = shards - 1;
  shards_ = std::make_unique<Shard[]>(shards);
  for (std::size_t i = 0; i < shards; ++i)
    *shards_[i].table.lock() = ManifestTable(settings_.capacity / shards);
}

ManifestCache::~ManifestCache() = default;

ManifestCache::Shard& ManifestCache::shard_of(std::uint32_t hash) const {
  return shards_[hash & shard_mask_];
}

FoundManifest ManifestCache::find(const ManifestKey& key, oci::AcceptedTypes accepted,
                                  base::TimePoint now) {
  using Lookup = FoundManifest::Lookup;
  const KeyHash hash = hash_of(key);
  ManifestPointer manifest;
  if (names_digest(key)) {
    manifest = shard_of(hash.shard).table.lock()->manifest({key, hash.identity});
  } else {
    std::optional<oci::Digest> digest;
    {
      auto table = shard_of(hash.shard).table.lock();
      const TagSighting* const seen = table->tag({key, hash.identity}, accepted);
      if (seen == nullptr) return {};
      if (now - seen->asked >= settings_.tag_ttl) return {.lookup = Lookup::expired};
      digest = seen->digest;
    }
    const ManifestKey content = by_digest(key, *digest);
    const KeyHash content_hash = hash_of(content);
    auto table = shard_of(content_hash.shard).table.lock();
    manifest = table->manifest({content, content_hash.identity});
  }
  if (!manifest) return {};
  if (!accepted.takes(manifest->media_type)) return {.lookup = Lookup::not_accepted};
  return {.lookup = Lookup::hit, .manifest = std::move(manifest)};
}

bool ManifestCache::holds(const ManifestKey& key, const oci::Digest& digest) const {
  const ManifestKey content = by_digest(key, digest);
  const KeyHash hash = hash_of(content);
  return shard_of(hash.shard).table.lock()->holds({content, hash.identity});
}

bool ManifestCache::keep(const ManifestKey& key, oci::AcceptedTypes accepted, Manifest manifest,
                         base::TimePoint asked) {
  const oci::Digest digest = manifest.digest;
  const ManifestKey content = by_digest(key, digest);
  const KeyHash hash = hash_of(content);
  Shard& shard = shard_of(hash.shard);
  if (shard.table.lock()->wants({content, hash.identity}, asked)) {
    if (!digest.matches(*manifest.body)) return false;
    auto kept = std::make_shared<const Manifest>(std::move(manifest));
    shard.table.lock()->keep({content, hash.identity}, std::move(kept), asked);
  }
  if (!names_digest(key)) see_tag(key, accepted, digest, asked);
  return true;
}

void ManifestCache::see_tag(const ManifestKey& key, oci::AcceptedTypes accepted,
                            const oci::Digest& digest, base::TimePoint asked) {
  if (settings_.tag_ttl <= std::chrono::nanoseconds::zero() || names_digest(key)) return;
  const KeyHash hash = hash_of(key);
  TagSighting seen{.accepted = accepted, .digest = digest, .asked = asked};
  shard_of(hash.shard).table.lock()->see_tag({key, hash.identity}, std::move(seen));
}

void ManifestCache::forget(const ManifestKey& key) {
  const KeyHash hash = hash_of(key);
  shard_of(hash.shard).table.lock()->forget({key, hash.identity});
}

std::size_t ManifestCache::forget_matching(std::string_view pattern, base::TimePoint now) {
  std::size_t forgotten = 0;
  for (std::size_t i = 0; i <= shard_mask_; ++i)
    forgotten += shards_[i].table.lock()->forget_matching(pattern, now);
  return forgotten;
}

ManifestStatistics ManifestCache::statistics() const {
  ManifestStatistics statistics;
  for (std::size_t i = 0; i <= shard_mask_; ++i) shards_[i].table.lock()->add_to(statistics);
  return statistics;
}

}  // namespace harbor_router::store
