// The Redis settings of the table as the redis room takes them.
#pragma once

#include "cmd/options/settings.hpp"
#include "harbor_router/redis/settings.hpp"

namespace harbor_router {

[[nodiscard]] redis::Settings redis_settings(const options::SharedCacheSettings& given);

}  // namespace harbor_router
