// The servers of one thread that were asked, each with one connector: what is known of a name
// outlives an attempt, and one look-up is under way for it, however often it is tried. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "harbor_router/http/connector.hpp"
#include "harbor_router/redis/shared_cache.hpp"

namespace harbor_router::redis {

class Servers {
 public:
  static constexpr std::size_t most = 100;  // Sentinels may name others without end

  explicit Servers(const Thread& thread) : thread_(thread) {}
  [[nodiscard]] std::shared_ptr<http::Connector> at(const ServerAddress& address);

 private:
  const Thread thread_;
  std::map<std::string, std::shared_ptr<http::Connector>> connectors_;  // by to_string()
};

}  // namespace harbor_router::redis
