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
  // Harbor takes this token, but it opens less than it should. It is not used again if it is as old
  // as this; false: it is younger, and nothing is gained by another.
  [[nodiscard]] bool outdated(const std::string& key, std::string_view token, base::Duration age);
  // Drops what is kept under keys that are not in use any more.
  void keep_only(const std::function<bool(const std::string&)>& in_use);

 private:
  // A fetch under way: those who wait hold it, whatever becomes of the entry meanwhile.
  struct Flight {
    http::OneShot landed;
    std::optional<base::Result<TokenAnswer>> answer;  // once it has landed
  };
  struct Entry {
    std::shared_ptr<const std::string> token;  // null: none
    base::TimePoint got = base::TimePoint::min(), renew = base::TimePoint::min();
    std::shared_ptr<Flight> fetching;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  void make_room(Entries& entries) const;
  base::Guarded<Entries> entries_;
  std::size_t capacity_;
};

}  // namespace harbor_router::harbor
