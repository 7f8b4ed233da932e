#include "harbor_router/harbor/token_answer.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "harbor_router/base/base64.hpp"
#include "harbor_router/base/json_text.hpp"

namespace harbor_router::harbor {

using base::Errc;
using base::failure;

namespace {

// What a JWT says, unverified; no object where it is none.
nlohmann::json claims_of(std::string_view token) {
  const std::size_t begin = token.find('.');
  if (begin == std::string_view::npos) return {};
  std::string payload(token.substr(begin + 1, token.find('.', begin + 1) - begin - 1));
  std::replace(payload.begin(), payload.end(), '-', '+');
  std::replace(payload.begin(), payload.end(), '_', '/');
  payload.resize((payload.size() + 3) / 4 * 4, '=');
  const auto bytes = base::base64_decode(payload);
  if (!bytes) return {};
  return base::read_json<nlohmann::json>(*bytes);
}

}  // namespace

base::Result<TokenAnswer> parse_token_answer(std::string_view body) {
  const nlohmann::json answer = base::read_json<nlohmann::json>(body);
  if (!answer.is_object()) return failure(Errc::unexpected_answer, "token answer: no JSON object");
  TokenAnswer result;
  for (const char* key : {"token", "access_token"}) {
    const auto at = answer.find(key);
    if (result.token.empty() && at != answer.end() && at->is_string())
      result.token = at->get<std::string>();
  }
  if (result.token.empty()) return failure(Errc::unexpected_answer, "token answer without token");
  for (const char c : result.token)
    if (c <= ' ' || c == 0x7f || static_cast<unsigned char>(c) >= 0x80)
      return failure(Errc::unexpected_answer, "token answer with a token that is no header text");
  const auto expires = answer.find("expires_in");
  if (expires != answer.end() && expires->is_number_integer() && expires->get<std::int64_t>() > 0)
    result.expires_in =
        std::chrono::seconds(std::min<std::int64_t>(expires->get<std::int64_t>(), 24 * 3600));
  return result;
}

bool is_anonymous_token(std::string_view token) {
  const nlohmann::json claims = claims_of(token);
  if (!claims.is_object()) return false;
  const auto subject = claims.find("sub");
  return subject == claims.end() ||
         (subject->is_string() && subject->get_ref<const std::string&>().empty());
}

bool has_run_out(std::string_view token, std::chrono::system_clock::time_point now) {
  const nlohmann::json claims = claims_of(token);
  if (!claims.is_object()) return false;
  const auto end = claims.find("exp");
  const std::chrono::duration<double> since_1970 = now.time_since_epoch();
  return end != claims.end() && end->is_number() && since_1970.count() > end->get<double>();
}

base::TimePoint renew_at(const TokenAnswer& answer, base::TimePoint now) noexcept {
  return now + std::chrono::duration_cast<base::Duration>(answer.expires_in) * 4 / 5;
}

}  // namespace harbor_router::harbor
