// Questions about clients to Harbor itself (its token endpoint, /v2/), and how its troubles are
// told.
#pragma once

#include "server/request.hpp"

namespace harbor_router::server {

// Asked again, within one question's time, as a project is. authorization: a whole field value, or
// empty.
[[nodiscard]] http::Awaitable<base::Result<harbor::ApiAnswer>> ask_harbor(
    Worker& worker, std::string target, std::string authorization);
// A token for these scopes, from a whole Basic value; without scopes this only checks the password.
[[nodiscard]] http::Awaitable<base::Result<harbor::TokenAnswer>> ask_for_token(
    Worker& worker, std::string basic, std::vector<std::string> scopes);

// Why Harbor could not be asked about somebody: 504, 503, 429 or 502.
[[nodiscard]] Reply harbor_unreachable(const base::Failure& failure);
// An error of Harbor's as it is: status, Retry-After, and its body where that is an error body.
[[nodiscard]] Reply error_told_on(const harbor::ApiAnswer& answer);

}  // namespace harbor_router::server
