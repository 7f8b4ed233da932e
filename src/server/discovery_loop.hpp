// Keeps the list of projects current: at start, then every interval with jitter; sooner after a
// failure.
#pragma once

#include "server/worker.hpp"

namespace harbor_router::server {

// Runs on the worker's thread until its context stops.
[[nodiscard]] http::Awaitable<> discover_forever(Worker& worker);

}  // namespace harbor_router::server
