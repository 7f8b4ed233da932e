// Moves a counted body between two plain sockets without the bytes entering this process.
#pragma once

#include "harbor_router/http/relay.hpp"

namespace harbor_router::http {

// Moves `from`'s counted rest, or limits.take of it, behind what is unsent. Adds to relayed.bytes
// what reached the client. Returns false, with nothing moved, when the kernel gives no pipe.
[[nodiscard]] Awaitable<bool> splice_body(Exchange& from, Connection& to, RelayLimits limits,
                                          Relayed& relayed);

}  // namespace harbor_router::http
