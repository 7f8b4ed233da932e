// /service/token: Harbor's token endpoint with the scopes' names translated.
#pragma once

#include "server/request.hpp"

namespace harbor_router::server {

inline constexpr std::string_view token_path = "/service/token";

// GET with query parameters, or POST with an OAuth2 form (request.state.body), which Harbor lacks.
// Credentials go to Harbor as they came; what it answers is told as it is.
[[nodiscard]] http::Awaitable<Reply> token_reply(Request& request);

}  // namespace harbor_router::server
