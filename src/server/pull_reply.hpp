// A project's answer as the client's: fields chosen, Harbor's own paths rewritten. Pure.
#pragma once

#include "harbor_router/oci/request_path.hpp"
#include "server/reply.hpp"

namespace harbor_router::server {

// if_none_match: the client's field, answered 304 when it names the digest.
[[nodiscard]] Reply manifest_reply(const routing::Resolution& resolution,
                                   std::string_view if_none_match);
// The head of a blob's reply; the body is streamed by the caller.
[[nodiscard]] Reply blob_reply(const routing::Resolution& resolution, const oci::PullPath& path);
[[nodiscard]] Reply tags_reply(const routing::Resolution& resolution, const oci::PullPath& path);
[[nodiscard]] Reply referrers_reply(const routing::Resolution& resolution,
                                    const oci::PullPath& path);

}  // namespace harbor_router::server
