// One client connection from accept to close.
#pragma once

#include "server/request.hpp"

namespace harbor_router::server {

// Reads requests one after another and has each answered; ends when the client leaves, errs or
// idles, or when the server drains. Never throws: a bug in an answer costs this connection only.
// A client of the pull port is counted in Shared::connections by the caller, and off it here.
[[nodiscard]] http::Awaitable<> serve_client(Worker& worker, std::unique_ptr<Session> session);

// The access lines of all requests that will not be answered any more: this thread ends.
void record_cut(Worker& worker);

}  // namespace harbor_router::server
