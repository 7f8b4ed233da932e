// serve: from settings to a running server, with the embedded stand-in behind it for --demo.
#include <memory>

#include <boost/asio/ip/address.hpp>

#include "cmd/end_process.hpp"
#include "cmd/output.hpp"
#include "cmd/server_settings.hpp"
#include "cmd/subcommands.hpp"
#include "cmd/text_table.hpp"
#include "harbor_router/observe/log.hpp"
#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/server/server.hpp"
#include "harbor_router/stub/demo.hpp"
#include "harbor_router/stub/stand_in.hpp"

namespace harbor_router {

namespace {

bool is_loopback(const std::string& host) {
  namespace ip = boost::asio::ip;
  boost::system::error_code no_literal;
  const auto address = ip::make_address(host, no_literal);
  if (no_literal) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

// A table of what is in effect and where it came from.
void print_settings(const options::Settings& given) {
  Table table({"SETTING", "VALUE", "FROM"});
  for (const options::EffectiveSetting& setting : given.effective)
    table.add({std::string(setting.name), setting.value, options::to_string(setting.source)});
  print(table.text(Table::any_width));
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

// Settings that are in vain without another.
void say_what_has_no_effect(observe::Log& log, const options::Settings& given) {
  const options::CacheSettings& cache = given.cache;
  const bool passthrough = given.clients.auth_mode == options::AuthMode::passthrough;
  const bool grants = cache.grant_ttl > options::Duration::zero();
  if (passthrough && !given.clients.auth_file.empty())
    log.warning(
        "CLIENT_AUTH_FILE has no effect when AUTH_MODE is passthrough: Harbor knows the passwords");
  if (cache.manifest_size == 0) {
    if (cache.manifest_ttl > options::Duration::zero())
      log.warning("MANIFEST_CACHE_TTL has no effect while MANIFEST_CACHE_SIZE is 0");
    if (grants) log.warning("AUTH_CACHE_TTL has no effect while MANIFEST_CACHE_SIZE is 0");
  } else if (passthrough && !grants) {
    log.warning(
        "MANIFEST_CACHE_SIZE has no effect: AUTH_MODE=passthrough asks Harbor on every request "
        "while AUTH_CACHE_TTL is 0s");
  } else if (!passthrough && grants) {
    log.warning("AUTH_CACHE_TTL has no effect when AUTH_MODE is service");
  }
}

}  // namespace

int run_serve(const options::Settings& given) {
  if (given.check_config) {
    print_settings(given);
    return 0;
  }
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
  say_what_has_no_effect(log, given);
  server::Server server(std::move(settings), log, metrics);
  log.info("listening", {{"port", std::to_string(server.port())},
                         {"metrics_port", std::to_string(server.metrics_port())}});
  server.run();
  log.info("ended");
  log.flush();
  // Coroutines cut by the end of the grace still hold sockets and places of each other's threads.
  end_process(0);
}

}  // namespace harbor_router
