// The channels: purges and breakers at the master, +switch-master at a Sentinel. A connection that
// subscribes can do nothing else, so each has its own. What is said while one is lost is missed.
// One thread.
#pragma once

#include "harbor_router/redis/shared_cache.hpp"

namespace harbor_router::redis {

class Link;

struct News {
  std::function<void(const std::string& pattern)> purge;
  std::function<void(const std::string& project)> breaker_opened;
  std::function<void(const ServerAddress& master)> master_switched;
  std::function<void(const std::string& why)> forbidden;  // at each attempt
};

class Listener {
 public:
  Listener(Thread thread, News news);
  ~Listener();
  // Each until the context stops.
  [[nodiscard]] http::Awaitable<> listen_to_master();
  [[nodiscard]] http::Awaitable<> listen_to_sentinels();

 private:
  void hear_of_master(const ServerAddress& master);
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace harbor_router::redis
