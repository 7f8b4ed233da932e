#include "harbor_router/harbor/token.hpp"

#include <algorithm>
#include <exception>

namespace harbor_router::harbor {

using base::Errc;
using base::failure;

std::shared_ptr<const std::string> TokenStore::at_hand(std::string_view key) {
  auto entries = entries_.lock();
  const auto at = entries->find(key);
  if (at == entries->end() || base::recently() >= at->second.renew) return nullptr;
  return at->second.token;
}

http::Awaitable<base::Result<std::string>> TokenStore::get(std::string key, Fetch fetch) {
  std::shared_ptr<Flight> fetching;
  bool leads = false;
  {
    auto entries = entries_.lock();
    make_room(*entries);
    Entry& entry = (*entries)[key];
    if (entry.token && base::Clock::now() < entry.renew) co_return *entry.token;
    leads = entry.fetching == nullptr;
    if (leads) entry.fetching = std::make_shared<Flight>();
    fetching = entry.fetching;
  }
  if (leads) {
    base::Result<TokenAnswer> answer = failure(Errc::unexpected_answer, "no token was fetched");
    std::exception_ptr bug;
    try {
      answer = co_await fetch();
    } catch (...) {
      bug = std::current_exception();  // those who wait must not wait for ever
    }
    {
      auto entries = entries_.lock();
      Entry& entry = (*entries)[key];
      if (answer) {
        entry.token = std::make_shared<const std::string>(answer->token);
        entry.got = base::Clock::now();
        entry.renew = renew_at(*answer, entry.got);
      }
      entry.fetching.reset();
    }
    fetching->answer = std::move(answer);
    fetching->landed.set();
    if (bug) std::rethrow_exception(bug);
  } else {
    co_await fetching->landed.wait();
  }
  const base::Result<TokenAnswer>& answer = *fetching->answer;
  if (!answer) co_return answer.error();
  co_return answer->token;
}

// What has run out goes first; if all are in use, the first by key, which a hash makes any.
void TokenStore::make_room(Entries& entries) const {
  if (entries.size() < capacity_) return;
  const base::TimePoint now = base::Clock::now();
  std::erase_if(entries, [now](const auto& each) {
    return each.second.fetching == nullptr && (!each.second.token || each.second.renew <= now);
  });
  for (auto at = entries.begin(); entries.size() >= capacity_ && at != entries.end();)
    at = at->second.fetching == nullptr ? entries.erase(at) : std::next(at);
}

void TokenStore::refused(const std::string& key, std::string_view token) {
  auto entries = entries_.lock();
  const auto at = entries->find(key);
  if (at != entries->end() && at->second.token && *at->second.token == token)
    at->second.token = nullptr;
}

bool TokenStore::outdated(const std::string& key, std::string_view token, base::Duration age) {
  auto entries = entries_.lock();
  const auto at = entries->find(key);
  if (at == entries->end() || !at->second.token || *at->second.token != token) return true;
  if (base::Clock::now() - at->second.got < age) return false;
  at->second.token = nullptr;
  return true;
}

void TokenStore::keep_only(const std::function<bool(const std::string&)>& in_use) {
  auto entries = entries_.lock();
  std::erase_if(*entries, [&in_use](const auto& each) {
    return each.second.fetching == nullptr && !in_use(each.first);
  });
}

}  // namespace harbor_router::harbor
