// Purges of what replicas share: done in Redis one after the other by the thread of a context, and
// tried again while Redis is away. Until one is done nothing that it means is taken from Redis.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "harbor_router/http/asio.hpp"
#include "harbor_router/observe/log.hpp"
#include "harbor_router/redis/pending_purges.hpp"
#include "harbor_router/redis/settings.hpp"

namespace harbor_router::server {

class RedisPurges {
 public:
  // All are borrowed.
  RedisPurges(const redis::Settings& settings, observe::Log& log, http::asio::io_context& context);

  void add(const std::string& pattern);  // any thread; returns at once
  void stop();                           // any thread: what is not done is given up

  redis::PendingPurges pending;

 private:
  void follow();
  const redis::Settings& settings_;
  observe::Log& log_;
  http::asio::io_context& context_;
  http::Timer again_;
  std::stop_source stop_;
  bool away_ = false;  // said already
};

}  // namespace harbor_router::server
