// What the threads of one server share. Each member is safe on any thread by its own means; nothing
// here is copied or replaced after start.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "harbor_router/harbor/token.hpp"
#include "harbor_router/observe/log.hpp"
#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/routing/core.hpp"
#include "harbor_router/server/settings.hpp"
#include "server/cached_manifests.hpp"
#include "server/client_passwords.hpp"
#include "server/keyed_hash.hpp"
#include "server/rate_limit.hpp"

namespace harbor_router::server {

struct Shared {
  Shared(Settings given, observe::Log& log_to, observe::Registry& count_in);
  // Mappings and kept manifests of the images a pattern means; how many mappings went. Any thread.
  std::size_t forget_matching(const std::string& pattern);

  const Settings settings;
  observe::Log& log;
  observe::Registry& metrics;
  routing::Core core;
  RateLimiter rate_limiter;
  harbor::Account account;
  harbor::TokenStore tokens{10'000};         // service mode: by project
  harbor::TokenStore person_tokens{10'000};  // passthrough: by keyed hash of a password
  const KeyedHash keyed_hash;
  const std::unique_ptr<CachedManifests> manifests;  // null: every manifest is asked for
  std::unique_ptr<ClientPasswords> passwords;        // null: service mode without a client check
  boost::asio::ssl::context tls;                     // for https to Harbor
  const harbor::CredentialsPointer service_credentials;
  // Set before the threads start, where Redis or a snapshot is in use; empty otherwise.
  std::function<void()> on_discovered;                              // first thread
  std::function<void(const std::string& project)> on_breaker_open;  // any thread
  // Has what the pattern matches (store/image_pattern.hpp) removed from Redis and every replica
  // told to forget it. Returns at once how that stands: "pending", or "away" while Redis is. Any
  // thread.
  std::function<const char*(const std::string& pattern)> purge_replicas;
  std::function<void()> on_purged;             // something was forgotten; any thread
  std::atomic<bool> leaving{false};            // /readyz says no; requests are still served
  std::atomic<bool> draining{false};           // no new requests
  std::atomic<std::int64_t> discovered_at{0};  // Clock's count; 0: never
  std::atomic<bool> discovery_failing{false};
  base::Guarded<std::vector<std::string>> discovery_warnings;  // of the last discovery
  std::atomic<std::size_t> connections{0};                     // of the pull port

  observe::Gauge& inflight;
  observe::Gauge& discovered;
  observe::Counter& conflicts;
  observe::Counter& blob_resumes;
  observe::Counter& rate_limited;
  observe::Gauge& discovery_age;
  observe::Counter& discovery_failures;
};

}  // namespace harbor_router::server
