// Everything a person can set, as the program sees it after start: typed, checked and never changed
// again. Defaults here are those of the table (a test holds them together). Hand a room the
// sub-struct it needs, never the whole.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/http/origin.hpp"
#include "harbor_router/observe/log.hpp"

namespace harbor_router::options {

using Duration = std::chrono::nanoseconds;

struct ListenAddress {
  std::string host;        // an IP address without brackets; empty: every address, IPv6 and IPv4
  std::uint16_t port = 0;  // 0: a free one, chosen by the system
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

struct Secret {
  std::string value;
  std::string file;  // read it again when it changes; empty: value came from the variable
  friend bool operator==(const Secret&, const Secret&) = default;
};

struct Network {  // a CIDR block; IPv4 as ::ffff:a.b.c.d, so that prefix is always of 128 bits
  std::array<unsigned char, 16> address{};
  int prefix = 128;
  friend bool operator==(const Network&, const Network&) = default;
};

enum class AuthMode { passthrough, service };

struct HarborSettings {
  http::Origin url{.scheme = http::Scheme::http, .host = "harbor-core", .port = 80};
  std::string ca_file;  // empty: the system's roots
  Secret username;
  Secret password;
  Duration discovery_interval = std::chrono::seconds{60};
  friend bool operator==(const HarborSettings&, const HarborSettings&) = default;
};

struct NameSettings {
  std::string proxy_project = "proxy";
  std::string root_registry;  // empty: bare names are not served
  friend bool operator==(const NameSettings&, const NameSettings&) = default;
};

struct ResolverSettings {
  Duration timeout = std::chrono::seconds{10};  // for each project asked
  std::size_t max_fanout_projects = 50;
  friend bool operator==(const ResolverSettings&, const ResolverSettings&) = default;
};

struct CacheSettings {
  Duration ttl = std::chrono::seconds{300};
  Duration negative_ttl = std::chrono::seconds{30};
  Duration stale_while_revalidate = std::chrono::seconds{60};
  std::size_t capacity = 500'000;  // mappings
  std::size_t manifest_size = 0;   // bytes; 0: no manifest is kept
  Duration manifest_ttl{0};        // of a tag
  Duration grant_ttl{0};           // AUTH_CACHE_TTL
  friend bool operator==(const CacheSettings&, const CacheSettings&) = default;
};

struct ServerAddress {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

struct RedisUrl {
  ServerAddress server;
  bool tls = false;  // rediss://
  friend bool operator==(const RedisUrl&, const RedisUrl&) = default;
};

// What outlives a process or is shared with other replicas.
struct SharedCacheSettings {
  std::vector<ServerAddress> sentinels;
  std::string master_name = "mymaster";
  std::optional<RedisUrl> url;  // instead of Sentinels
  std::string username;
  Secret password;
  Secret sentinel_password;
  unsigned database = 0;
  std::string key_prefix = "hr";
  bool tls = false;
  std::string ca_file;  // empty: the system's roots
  Duration timeout = std::chrono::milliseconds{100};
  std::size_t warmup_top_n = 100;  // mappings
  std::string snapshot_file;       // empty: none
  friend bool operator==(const SharedCacheSettings&, const SharedCacheSettings&) = default;
};

struct UpstreamSettings {
  std::size_t max_idle_conns_per_host = 512;
  std::size_t max_conns_per_host = 0;  // 0: no limit
  Duration idle_conn_timeout = std::chrono::seconds{90};
  Duration blob_read_timeout = std::chrono::seconds{60};  // without progress
  std::size_t blob_resume_max = 3;
  std::size_t retry_max_attempts = 2;
  Duration retry_base_delay = std::chrono::milliseconds{150};
  std::size_t circuit_breaker_threshold = 5;  // consecutive failures
  Duration circuit_breaker_timeout = std::chrono::seconds{30};
  std::size_t max_inflight = 0;  // for each project; 0: no limit
  friend bool operator==(const UpstreamSettings&, const UpstreamSettings&) = default;
};

struct ListenerSettings {
  ListenAddress address{.host = "", .port = 8080};
  ListenAddress metrics{.host = "", .port = 9090};
  int backlog = 8192;
  unsigned threads = 0;  // 0: the cores this process may use
  Duration shutdown_delay = std::chrono::seconds{0};
  Duration shutdown_grace = std::chrono::seconds{30};
  friend bool operator==(const ListenerSettings&, const ListenerSettings&) = default;
};

struct ClientSettings {
  AuthMode auth_mode = AuthMode::passthrough;
  std::optional<http::Origin> public_url;  // unset: what the request says
  std::string auth_file;                   // htpasswd; empty: no check
  Duration header_timeout = std::chrono::seconds{10};
  Duration idle_timeout = std::chrono::seconds{90};
  Duration write_timeout = std::chrono::seconds{60};  // without progress
  std::size_t max_connections = 0;                    // 0: from the limit of open files
  std::uint32_t rate_limit_per_ip = 0;                // requests a second; 0: no limit
  std::vector<Network> trusted_proxies;
  friend bool operator==(const ClientSettings&, const ClientSettings&) = default;
};

struct LogSettings {
  observe::Level level = observe::Level::info;
  observe::Format format = observe::Format::pretty;
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

enum class OutputFormat { table, json, name };
enum class Colour { when_terminal, never };

struct OutputSettings {
  OutputFormat format = OutputFormat::table;
  Colour colour = Colour::when_terminal;
  friend bool operator==(const OutputSettings&, const OutputSettings&) = default;
};

struct ResolveSettings {
  bool all = false;                       // wait for every project
  bool get = false;                       // fetch the manifest
  bool dry_run = false;                   // ask nobody
  std::string platform;                   // "linux/arm64"; empty: the index itself
  std::string user;                       // whose rights; empty: HARBOR_USERNAME's
  std::string password_file;              // of user; empty: standard input
  std::vector<std::string> images_files;  // "-": standard input
  std::string projects_file;              // of discover -o json; empty: Harbor is asked
  friend bool operator==(const ResolveSettings&, const ResolveSettings&) = default;
};

enum class SortBy { nothing, image, hits, age, project };

struct InspectSettings {
  http::Origin router{.scheme = http::Scheme::http, .host = "127.0.0.1", .port = 9090};
  std::string snapshot_file;  // empty: none
  bool redis = false;
  bool stats = false;
  bool purge = false;
  bool yes = false;               // purge without asking
  SortBy sort = SortBy::nothing;  // as they are read: nothing has to be held
  std::size_t limit = 0;          // 0: all
  friend bool operator==(const InspectSettings&, const InspectSettings&) = default;
};

enum class BenchOutput { table, json, csv };

struct BenchSettings {
  std::optional<http::Origin> target;  // unset: the embedded one
  std::optional<http::Origin> baseline;
  std::vector<std::string> images;
  std::string images_file;  // empty: none
  std::string mix = "manifest:1";
  bool cold = false;
  bool by_digest = false;
  bool verify = false;
  std::string user;  // empty: anonymous
  std::string password_file;
  unsigned connections = 64;
  unsigned threads = 1;
  Duration duration = std::chrono::seconds{10};
  std::uint64_t requests = 0;  // 0: by duration
  double rate = 0;             // requests a second; 0: closed loop
  Duration warmup = std::chrono::seconds{1};
  Duration timeout = std::chrono::seconds{30};
  std::vector<std::string> fail_if;
  BenchOutput output = BenchOutput::table;
  std::string report_file;  // empty: none
  friend bool operator==(const BenchSettings&, const BenchSettings&) = default;
};

enum class Source { flag, variable, file, fallback };
[[nodiscard]] const char* to_string(Source source) noexcept;  // "flag", ..., "default"

struct EffectiveSetting {
  std::string_view name;  // the variable, or the flag where there is no variable
  std::string value;      // as written; never that of a secret
  Source source = Source::fallback;
  friend bool operator==(const EffectiveSetting&, const EffectiveSetting&) = default;
};

struct Settings {
  bool demo = false;                   // the embedded stand-in answers in place of a Harbor
  bool check_config = false;           // say what is set and end
  bool watch = false;                  // discover: go on and print changes
  std::vector<std::string> arguments;  // words that are no flags
  std::optional<http::Origin> router;  // resolve: a running one to ask, at its METRICS_ADDR
  Secret admin_token;
  OutputSettings output;
  ResolveSettings resolve;
  InspectSettings inspect;
  BenchSettings bench;
  HarborSettings harbor;
  NameSettings names;
  ResolverSettings resolver;
  CacheSettings cache;
  SharedCacheSettings shared_cache;
  UpstreamSettings upstream;
  ListenerSettings listener;
  ClientSettings clients;
  LogSettings log;
  std::vector<EffectiveSetting> effective;  // what was set, and where, in the table's order
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace harbor_router::options
