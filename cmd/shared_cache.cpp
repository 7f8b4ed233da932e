#include "cmd/shared_cache.hpp"

namespace harbor_router {

namespace {

std::shared_ptr<base::RotatingSecret> rotating(const options::Secret& given) {
  const auto file = given.file.empty() ? std::nullopt : std::optional(given.file);
  return std::make_shared<base::RotatingSecret>(given.value, file);
}

}  // namespace

redis::Settings redis_settings(const options::SharedCacheSettings& given) {
  redis::Settings settings = {.master_name = given.master_name,
                              .username = given.username,
                              .password = rotating(given.password),
                              .sentinel_password = rotating(given.sentinel_password),
                              .database = given.database,
                              .key_prefix = given.key_prefix,
                              .ca_file = given.ca_file,
                              .timeout = given.timeout};
  for (const options::ServerAddress& sentinel : given.sentinels)
    settings.sentinels.push_back({sentinel.host, sentinel.port});
  if (given.url) settings.server = {given.url->server.host, given.url->server.port};
  if (given.tls || (given.url && given.url->tls)) settings.transport = redis::Transport::tls;
  return settings;
}

}  // namespace harbor_router
