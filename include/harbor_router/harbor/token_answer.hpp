// Harbor's answer from /service/token. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/base/result.hpp"

namespace harbor_router::harbor {

struct TokenAnswer {
  std::string token;  // Harbor leaves its access_token empty
  std::chrono::seconds expires_in{1800};
};
[[nodiscard]] base::Result<TokenAnswer> parse_token_answer(std::string_view body);
// Whether a registry token was issued to nobody in particular: Harbor's are JWTs whose "sub" is the
// user's name, which an anonymous one leaves out. Its signature is not looked at: Harbor checks the
// token.
[[nodiscard]] bool is_anonymous_token(std::string_view token);
// Whether it is over by its own word, by this clock: Harbor may think otherwise. A token that says
// nothing of it is not.
[[nodiscard]] bool has_run_out(std::string_view token, std::chrono::system_clock::time_point now);
// When to stop using a token got at `now`: after 80 % of its life.
[[nodiscard]] base::TimePoint renew_at(const TokenAnswer& answer, base::TimePoint now) noexcept;

}  // namespace harbor_router::harbor
