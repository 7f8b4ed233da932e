// serve: from settings to a running server, with the embedded stand-in behind it for --demo.
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "cmd/shared_cache.hpp"
#include "cmd/subcommands.hpp"
#include "harbor_router/observe/log.hpp"
#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/server/server.hpp"
#include "harbor_router/stub/demo.hpp"
#include "harbor_router/stub/stand_in.hpp"

namespace harbor_router {

namespace {

std::optional<std::string> path_of(const options::Secret& secret) {
  return secret.file.empty() ? std::nullopt : std::optional(secret.file);
}

// Each client may need a connection to Harbor and a pipe of two ends; what is left is for the rest.
std::size_t connections_files_allow() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;  // the soft limit is for programs that use select()
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return std::max<std::size_t>(16, static_cast<std::size_t>(limit.rlim_cur) / 4);
}

server::Settings server_settings(const options::Settings& given) {
  const unsigned threads =
      given.listener.threads == 0 ? server::usable_cores() : given.listener.threads;
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
  settings.kept = {.redis = redis_settings(given.shared_cache),
                   .warmup_top_n = given.shared_cache.warmup_top_n,
                   .snapshot_file = given.shared_cache.snapshot_file};
  settings.auth_mode = given.clients.auth_mode == options::AuthMode::service
                           ? server::AuthMode::service
                           : server::AuthMode::passthrough;
  settings.public_url = given.clients.public_url;
  settings.client_auth_file = given.clients.auth_file;
  return settings;
}

bool is_loopback(const std::string& host) {
  return host.starts_with("127.") || host == "::1";
}

void say_who_may_pull(observe::Log& log, const options::Settings& given) {
  if (given.clients.auth_mode == options::AuthMode::passthrough) {
    log.info("AUTH_MODE=passthrough: each client pulls with its own rights, Harbor decides");
    return;
  }
  log.info("AUTH_MODE=service: pulls have the rights of HARBOR_USERNAME");
  if (given.clients.auth_file.empty() && !is_loopback(given.listener.address.host))
    log.warning(
        "every client that reaches this address gets the robot's rights; CLIENT_AUTH_FILE "
        "asks clients for a password, AUTH_MODE=passthrough lets Harbor decide",
        {{"address", given.listener.address.host.empty() ? std::string_view("every address")
                                                         : given.listener.address.host}});
}

}  // namespace

int run_serve(const options::Settings& given) {
  observe::Log log({.level = given.log.level, .format = given.log.format});
  observe::Registry metrics;
  server::Settings settings = server_settings(given);
  std::unique_ptr<stub::StandIn> stand_in;
  if (given.demo) {
    stub::Demo demo = stub::demo();
    stand_in = std::make_unique<stub::StandIn>(std::move(demo.options));
    settings.upstream.harbor = {
        .scheme = http::Scheme::http, .host = "127.0.0.1", .port = stand_in->port()};
    settings.account = {.username = demo.robot_name, .password = demo.robot_password};
    log.info("demo: the embedded stand-in answers in place of a Harbor",
             {{"harbor", stand_in->url()}});
  }
  say_who_may_pull(log, given);
  server::Server server(std::move(settings), log, metrics);
  log.info("listening", {{"port", std::to_string(server.port())},
                         {"metrics_port", std::to_string(server.metrics_port())}});
  server.run();
  log.info("ended");
  log.flush();
  // Coroutines cut by the end of the grace still hold sockets and places of each other's threads; the
  // process ends as it is instead of taking them down in some order. What was to be written is written.
  std::_Exit(0);
}

}  // namespace harbor_router
