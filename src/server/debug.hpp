// What a running router tells and does for operators, on the metrics port:
//   GET /debug/projects · /debug/cache?image=&limit=&after= · /debug/resolve?image=&all= ·
//   /debug/config      · DELETE /debug/cache?image= with ADMIN_TOKEN as Bearer
#pragma once

#include "server/request.hpp"

namespace harbor_router::server {

// The request's path begins with /debug/.
[[nodiscard]] http::Awaitable<Reply> debug_reply(Request& request);

}  // namespace harbor_router::server
