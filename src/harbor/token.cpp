#include "harbor_router/harbor/token.hpp"

#include <nlohmann/json.hpp>

namespace harbor_router::harbor {

using base::Errc;
using base::failure;

base::Result<TokenAnswer> parse_token_answer(std::string_view body) {
  const nlohmann::json answer = nlohmann::json::parse(body, nullptr, false);
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

base::TimePoint renew_at(const TokenAnswer& answer, base::TimePoint now) noexcept {
  return now + std::chrono::duration_cast<base::Duration>(answer.expires_in) * 4 / 5;
}

http::Awaitable<base::Result<std::string>> TokenStore::get(std::string project, Fetch fetch) {
  std::shared_ptr<http::OneShot> fetching;
  bool leads = false;
  {
    auto entries = entries_.lock();
    Entry& entry = (*entries)[project];
    if (!entry.token.empty() && base::Clock::now() < entry.renew) co_return entry.token;
    leads = entry.fetching == nullptr;
    if (leads) entry.fetching = std::make_shared<http::OneShot>();
    fetching = entry.fetching;
  }
  if (leads) {
    auto answer = co_await fetch();
    auto entries = entries_.lock();
    Entry& entry = (*entries)[project];
    if (answer) {
      entry.token = answer->token;
      entry.renew = renew_at(*answer, base::Clock::now());
    }
    entry.last = std::make_shared<const base::Result<TokenAnswer>>(std::move(answer));
    entry.fetching.reset();
    fetching->set();
  } else {
    co_await fetching->wait();
  }
  std::shared_ptr<const base::Result<TokenAnswer>> last = (*entries_.lock())[project].last;
  if (!last) co_return failure(Errc::cancelled, "project " + project + " is gone");
  if (!*last) co_return last->error();
  co_return (*last)->token;
}

void TokenStore::refused(const std::string& project, std::string_view token) {
  auto entries = entries_.lock();
  const auto at = entries->find(project);
  if (at != entries->end() && at->second.token == token) at->second.token.clear();
}

void TokenStore::keep_only(const std::function<bool(const std::string&)>& in_use) {
  auto entries = entries_.lock();
  std::erase_if(*entries, [&in_use](const auto& each) {
    return each.second.fetching == nullptr && !in_use(each.first);
  });
}

}  // namespace harbor_router::harbor
