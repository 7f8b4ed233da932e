// What replicas know together, in Redis: one SharedCache a thread, over one connection of its own.
//
// Every value read is checked before it is believed; one that is not what it should be is told to
// events.ignored and changes nothing. Nothing is written but records of mappings, the list of
// projects, the names of hot mappings and hints on channels: no credential, no identity.
// docs/architecture.md, "Shared mappings", has the layout. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "harbor_router/http/deadlines.hpp"
#include "harbor_router/redis/pending_purges.hpp"
#include "harbor_router/redis/settings.hpp"
#include "harbor_router/routing/shared_mappings.hpp"

namespace harbor_router::redis {

struct CacheEvents {
  std::function<void()> connected;
  std::function<void(const base::Failure& why)> away;     // at each failed attempt
  std::function<void()> dropped;                          // a write that found no room
  std::function<void()> ignored;                          // a value that was not believed
  std::function<void(const std::string& why)> forbidden;  // at each command refused
  // Mappings are refused from here on, with Redis' words; "": no more.
  std::function<void(const std::string& why)> refuses;
};

// Borrowed, and outliving everything of this room that is given it.
struct Thread {
  http::asio::io_context& context;
  http::Deadlines& deadlines;
  const Settings& settings;
  http::asio::ssl::context* tls;  // null with Transport::plain
};

class SharedCache final : public routing::SharedMappings {
 public:
  // purges outlives it: what they mean is not taken from Redis.
  SharedCache(Thread thread, PendingPurges& purges, CacheEvents events);
  ~SharedCache() override;

  // Keeps the connection, until the context stops.
  [[nodiscard]] http::Awaitable<> run();
  // A Sentinel has said that this is the master now: a hint.
  void hear_of_master(const ServerAddress& master);
  // Drops the writes not yet done of what the pattern means (store/image_pattern.hpp).
  void forget_writes(const std::string& pattern);

  [[nodiscard]] http::Awaitable<Found> find(Wanted wanted) override;
  void publish(const store::Record& record) override;
  void forget(const store::Key& key) override;
  void ignored() override;

  // The list of projects, as text of the harbor room; empty: there is none. A failure is Redis'.
  [[nodiscard]] http::Awaitable<base::Result<std::string>> projects();
  void publish_projects(std::string text, store::WallTime until);
  // The mappings asked for most, by all replicas, that still hold.
  [[nodiscard]] http::Awaitable<base::Result<std::vector<store::Record>>> hottest(std::size_t most);
  // Adds this replica's to them, and keeps the hottest of all.
  [[nodiscard]] http::Awaitable<> publish_hottest(std::vector<store::Entry> entries,
                                                  std::size_t most);
  [[nodiscard]] http::Awaitable<> tell_breaker_open(std::string project);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Null with Transport::plain. Throws std::runtime_error when REDIS_CA_FILE cannot be read.
[[nodiscard]] std::unique_ptr<http::asio::ssl::context> make_tls(const Settings& settings);

}  // namespace harbor_router::redis
