#include "cmd/server_settings.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "cmd/shared_cache.hpp"
#include "harbor_router/base/json_text.hpp"
#include "harbor_router/server/server.hpp"

namespace harbor_router {

namespace {

std::optional<std::string> path_of(const options::Secret& secret) {
  return secret.file.empty() ? std::nullopt : std::optional(secret.file);
}

// A blob costs its client's connection, one to Harbor and a pipe of two ends. A search asks many
// projects at once and may need more than that: it then fails for want of files, and says so.
std::size_t connections_files_allow() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;  // the soft limit is for programs that use select()
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return std::max<std::size_t>(16, static_cast<std::size_t>(limit.rlim_cur) / 4);
}

std::string effective_json(const options::Settings& given) {
  auto rows = nlohmann::ordered_json::array();
  for (const options::EffectiveSetting& setting : given.effective)
    rows.push_back({{"setting", setting.name},
                    {"value", setting.value},
                    {"from", options::to_string(setting.source)}});
  return base::json_text(nlohmann::ordered_json{{"settings", rows}}) + '\n';
}

}  // namespace

server::Settings server_settings(const options::Settings& given) {
  unsigned threads = given.listener.threads == 0 ? server::usable_cores() : given.listener.threads;
  // Each needs a connection to Harbor.
  if (const std::size_t most = given.upstream.max_conns_per_host; most != 0)
    threads = static_cast<unsigned>(std::min<std::size_t>(threads, most));
  server::Settings settings;
  settings.listen = {.pulls = {given.listener.address.host, given.listener.address.port},
                     .metrics = {given.listener.metrics.host, given.listener.metrics.port},
                     .backlog = given.listener.backlog,
                     .threads = threads,
                     .shutdown_delay = given.listener.shutdown_delay,
                     .shutdown_grace = given.listener.shutdown_grace};
  settings.upstream = {.harbor = given.harbor.url,
                       .ca_file = given.harbor.ca_file,
                       .max_idle = given.upstream.max_idle_conns_per_host,
                       .max_connections = given.upstream.max_conns_per_host,
                       .idle_timeout = given.upstream.idle_conn_timeout,
                       .question_timeout = given.resolver.timeout,
                       .blob_read_timeout = given.upstream.blob_read_timeout,
                       .discovery_interval = given.harbor.discovery_interval,
                       .max_fanout = given.resolver.max_fanout_projects,
                       .max_inflight = given.upstream.max_inflight,
                       .blob_resumes = given.upstream.blob_resume_max,
                       .breaker_threshold = given.upstream.circuit_breaker_threshold,
                       .breaker_timeout = given.upstream.circuit_breaker_timeout,
                       .retry_repeats = given.upstream.retry_max_attempts,
                       .retry_base_delay = given.upstream.retry_base_delay};
  settings.clients = {.header_timeout = given.clients.header_timeout,
                      .idle_timeout = given.clients.idle_timeout,
                      .write_timeout = given.clients.write_timeout,
                      .max_connections = given.clients.max_connections == 0
                                             ? connections_files_allow()
                                             : given.clients.max_connections,
                      .rate_limit_per_ip = given.clients.rate_limit_per_ip};
  for (const options::Network& network : given.clients.trusted_proxies)
    settings.clients.trusted_proxies.push_back({network.address, network.prefix});
  settings.account = {.username = given.harbor.username.value,
                      .password = given.harbor.password.value,
                      .username_file = path_of(given.harbor.username),
                      .password_file = path_of(given.harbor.password)};
  settings.paths.proxy_project = given.names.proxy_project;
  if (!given.names.root_registry.empty()) settings.paths.root_registry = given.names.root_registry;
  settings.cache = {.ttl = given.cache.ttl,
                    .negative_ttl = given.cache.negative_ttl,
                    .stale_window = given.cache.stale_while_revalidate,
                    .capacity = given.cache.capacity};
  settings.manifests = {.size = given.cache.manifest_size,
                        .tag_ttl = given.cache.manifest_ttl,
                        .grant_ttl = given.cache.grant_ttl};
  settings.kept = {.redis = redis_settings(given.shared_cache),
                   .warmup_top_n = given.shared_cache.warmup_top_n,
                   .snapshot_file = given.shared_cache.snapshot_file};
  settings.auth_mode = given.clients.auth_mode == options::AuthMode::service
                           ? server::AuthMode::service
                           : server::AuthMode::passthrough;
  settings.public_url = given.clients.public_url;
  settings.client_auth_file = given.clients.auth_file;
  if (!given.admin_token.value.empty())
    settings.admin_token =
        std::make_shared<base::RotatingSecret>(given.admin_token.value, path_of(given.admin_token));
  settings.effective = effective_json(given);
  return settings;
}

}  // namespace harbor_router
