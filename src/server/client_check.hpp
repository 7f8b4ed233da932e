// Whether a client of service mode may pull, where CLIENT_AUTH_FILE says who may.
#pragma once

#include <optional>

#include "harbor_router/oci/request_path.hpp"
#include "server/request.hpp"

namespace harbor_router::server {

// nullopt: he may. path: as for challenge_reply().
[[nodiscard]] http::Awaitable<std::optional<Reply>> refusal_of_client(Request& request,
                                                                      const oci::PullPath* path);

}  // namespace harbor_router::server
