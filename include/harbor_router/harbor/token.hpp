// Registry tokens kept for use, shared by all threads: the router's own, one a project (service
// mode), and those got with a client's password, by a keyed hash of it (passthrough).
//
// A token is used until 80 % of its life and then fetched again; however many requests need it at
// once, one fetch runs. A token Harbor refuses is dropped once, whoever notices.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/base/guarded.hpp"
#include "harbor_router/base/result.hpp"
#include "harbor_router/harbor/token_answer.hpp"
#include "harbor_router/http/one_shot.hpp"

namespace harbor_router::harbor {

class TokenStore {
 public:
  using Fetch = std::function<http::Awaitable<base::Result<TokenAnswer>>()>;

  explicit TokenStore(std::size_t capacity) : capacity_(capacity) {}

  // The token for key; null: there is none to use now.
  [[nodiscard]] std::shared_ptr<const std::string> at_hand(std::string_view key);
  // The token for key; fetch is called when there is none to use.
  [[nodiscard]] http::Awaitable<base::Result<std::string>> get(std::string key, Fetch fetch);
  // Harbor refused this token: it is not used again.
  void refused(const std::string& key, std::string_view token);
  // Drops what is kept under keys that are not in use any more.
  void keep_only(const std::function<bool(const std::string&)>& in_use);

 private:
  struct Entry {
    std::shared_ptr<const std::string> token;  // null: none
    base::TimePoint renew = base::TimePoint::min();
    std::shared_ptr<http::OneShot> fetching;
    std::shared_ptr<const base::Result<TokenAnswer>> last;  // what the last fetch gave
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  void make_room(Entries& entries) const;
  base::Guarded<Entries> entries_;
  std::size_t capacity_;
};

}  // namespace harbor_router::harbor
