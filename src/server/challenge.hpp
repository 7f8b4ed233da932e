// How a client is told to authenticate: the challenge is always the router's own, never Harbor's.
#pragma once

#include <optional>
#include <string>

#include "harbor_router/oci/request_path.hpp"
#include "server/request.hpp"

namespace harbor_router::server {

// Where clients reach this router: PUBLIC_URL, else what the request says (X-Forwarded-Proto and
// -Host, else Host). nullopt when the request's host is no host.
[[nodiscard]] std::optional<std::string> public_origin(const Request& request);

// A 401 with the challenge of this mode, or 400 where there is none to be made for lack of a host.
// path: what was asked for, null for /v2/ itself.
[[nodiscard]] Reply challenge_reply(const Request& request, const oci::PullPath* path,
                                    std::string_view message);

}  // namespace harbor_router::server
