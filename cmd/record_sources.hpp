// Mappings outside a running router: in Redis, and in a snapshot file.
#pragma once

#include <memory>
#include <string>

#include "cmd/mapping_source.hpp"
#include "harbor_router/redis/settings.hpp"

namespace harbor_router {

// purge() removes from Redis and has every replica forget its own.
[[nodiscard]] std::unique_ptr<MappingSource> redis_source(redis::Settings settings);
// purge() is refused: the router that writes the file would write them again.
[[nodiscard]] std::unique_ptr<MappingSource> snapshot_source(std::string path);

}  // namespace harbor_router
