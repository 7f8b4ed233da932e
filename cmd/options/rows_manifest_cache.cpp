// Settings of what is answered without asking Harbor.
#include "cmd/options/rows.hpp"

namespace harbor_router::options {
namespace {

using namespace rows;

constexpr auto kCache = &Settings::cache;

constexpr Setting kManifestCache[] = {
    {.flag = "--manifest-cache-size",
     .variable = "MANIFEST_CACHE_SIZE",
     .fallback = "0",
     .kind = ValueKind::size,
     .group = Group::cache,
     .help = "How much memory manifests may take that are answered without asking Harbor; 0 keeps "
             "none. Without the two settings below it is for AUTH_MODE=service, by digest.",
     .assign = into<parse_cache_size, kCache, &CacheSettings::manifest_size>},
    {.flag = "--manifest-cache-ttl",
     .variable = "MANIFEST_CACHE_TTL",
     .fallback = "0s",
     .kind = ValueKind::duration,
     .group = Group::cache,
     .help = "How long a tag is answered without asking Harbor whether it has moved; 0s asks "
             "always.",
     .assign = into<any_duration, kCache, &CacheSettings::manifest_ttl>},
    {.flag = "--auth-cache-ttl",
     .variable = "AUTH_CACHE_TTL",
     .fallback = "0s",
     .kind = ValueKind::duration,
     .group = Group::cache,
     .help = "When AUTH_MODE is passthrough: how long after Harbor gave a client a repository the "
             "same credentials get kept manifests of it without asking Harbor; 0s asks always.",
     .assign = into<any_duration, kCache, &CacheSettings::grant_ttl>},
};

}  // namespace

std::span<const Setting> manifest_cache_rows() {
  return kManifestCache;
}

}  // namespace harbor_router::options
