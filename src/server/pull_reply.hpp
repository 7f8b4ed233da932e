// A project's answer as the client's: fields chosen, Harbor's own paths rewritten. Pure.
#pragma once

#include "harbor_router/oci/request_path.hpp"
#include "harbor_router/store/manifest_cache.hpp"
#include "server/reply.hpp"

namespace harbor_router::server {

// A manifest's own fields; the first of_304 bytes of them go with "not modified".
struct ManifestFields {
  std::string lines;
  std::size_t of_304 = 0;
};
[[nodiscard]] ManifestFields manifest_fields(const harbor::Answer& answer);
// Media types as clients get them: without parameters.
[[nodiscard]] std::string_view manifest_type(const harbor::Answer& answer) noexcept;

// if_none_match: the client's, all lines of it; answered 304 when it names the digest.
[[nodiscard]] Reply manifest_reply(const routing::Resolution& resolution,
                                   std::string_view if_none_match);
// The same of a manifest kept.
[[nodiscard]] Reply manifest_reply(const store::Manifest& kept, std::string_view if_none_match);
// The head of a blob's reply; the body is streamed by the caller.
[[nodiscard]] Reply blob_reply(const routing::Resolution& resolution, const oci::PullPath& path,
                               std::string_view if_none_match = {});
[[nodiscard]] Reply tags_reply(const routing::Resolution& resolution, const oci::PullPath& path);
[[nodiscard]] Reply referrers_reply(const routing::Resolution& resolution,
                                    const oci::PullPath& path);

}  // namespace harbor_router::server
