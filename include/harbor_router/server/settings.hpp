// What the server needs to know, immutable after start. cmd/serve.cpp fills it from the option
// table.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harbor_router/base/rotating_secret.hpp"
#include "harbor_router/harbor/account.hpp"
#include "harbor_router/http/origin.hpp"
#include "harbor_router/oci/request_path.hpp"
#include "harbor_router/redis/settings.hpp"
#include "harbor_router/server/client_address.hpp"
#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::server {

using Duration = std::chrono::nanoseconds;

struct Address {
  std::string host;  // an address; empty: all, IPv6 and IPv4
  std::uint16_t port = 0;
};

struct ListenSettings {
  Address pulls{.host = "", .port = 8080};
  Address metrics{.host = "", .port = 9090};
  int backlog = 8192;
  unsigned threads = 1;
  Duration shutdown_delay = std::chrono::seconds(0);
  Duration shutdown_grace = std::chrono::seconds(30);
};

struct UpstreamSettings {
  http::Origin harbor;
  std::string ca_file;  // empty: the system's roots
  std::size_t max_idle = 512;
  std::size_t max_connections = 0;  // 0: no limit
  Duration idle_timeout = std::chrono::seconds(90);
  Duration question_timeout = std::chrono::seconds(10);
  Duration blob_read_timeout = std::chrono::seconds(60);
  Duration discovery_interval = std::chrono::seconds(60);
  std::size_t max_fanout = 50;
  std::size_t max_inflight = 0;  // for each project; 0: no limit
  std::size_t blob_resumes = 3;
  std::size_t breaker_threshold = 5;
  Duration breaker_timeout = std::chrono::seconds(30);
  std::size_t retry_repeats = 2;
  Duration retry_base_delay = std::chrono::milliseconds(150);
};

struct ClientSettings {
  Duration header_timeout = std::chrono::seconds(10);
  Duration idle_timeout = std::chrono::seconds(90);
  Duration write_timeout = std::chrono::seconds(60);
  std::size_t max_connections = 0;       // of all threads; 0: from the limit of open files
  std::uint32_t rate_limit_per_ip = 0;   // requests a second; 0: no limit
  std::vector<Network> trusted_proxies;  // whose X-Forwarded-For is believed
};

// What outlives a process or is shared with others; both may be off.
struct KeptSettings {
  redis::Settings redis;
  std::size_t warmup_top_n = 100;  // mappings read from Redis at start
  std::string snapshot_file;       // empty: none
};

// Manifests answered without asking Harbor.
struct ManifestCacheSettings {
  std::size_t size = 0;   // bytes; 0: none is kept
  Duration tag_ttl{0};    // 0: tags are always asked for
  Duration grant_ttl{0};  // passthrough: how long Harbor's 200 speaks for the same credentials
};

enum class AuthMode { passthrough, service };

struct Settings {
  ListenSettings listen;
  UpstreamSettings upstream;
  ClientSettings clients;
  harbor::AccountSettings account;
  oci::PathRules paths;
  store::Settings cache;
  KeptSettings kept;
  ManifestCacheSettings manifests;
  AuthMode auth_mode = AuthMode::passthrough;
  std::optional<http::Origin> public_url;             // unset: what each request says
  std::shared_ptr<base::RotatingSecret> admin_token;  // may remove mappings; null: nobody may
  std::string effective;                              // JSON of /debug/config, without secrets
  std::string client_auth_file;                       // service mode: htpasswd; empty: no check
};

}  // namespace harbor_router::server
