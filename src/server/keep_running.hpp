// Work of a worker that ends only with the process, as accepting clients and discovery do. What it
// throws is a bug or want of memory: said, and after a pause begun again, since a router that is
// up and does not do it looks well to everybody.
#pragma once

#include <functional>
#include <string>

#include "server/worker.hpp"

namespace harbor_router::server {

// what: "discovery".
void keep_running(Worker& worker, std::string what, std::function<http::Awaitable<>()> work,
                  Duration pause = std::chrono::seconds(1));

}  // namespace harbor_router::server
