// The mappings of a running router, at its METRICS_ADDR.
#pragma once

#include <memory>
#include <string>

#include "cmd/mapping_source.hpp"
#include "harbor_router/http/origin.hpp"

namespace harbor_router {

// purge() is allowed to who has the admin token.
[[nodiscard]] std::unique_ptr<MappingSource> running_router(const http::Origin& origin,
                                                            std::string admin_token);

}  // namespace harbor_router
