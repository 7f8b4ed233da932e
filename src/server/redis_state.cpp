#include "server/redis_state.hpp"

#include <algorithm>

namespace harbor_router::server {

RedisState::RedisState(observe::Log& log, observe::Registry& metrics, std::size_t workers)
    : dropped_writes(metrics.counter("harbor_router_redis_dropped_writes_total",
                                     "Mappings not written to Redis: it did not keep up, was away "
                                     "too long or refused them.")),
      ignored_values(metrics.counter("harbor_router_redis_ignored_values_total",
                                     "Values in Redis that are not what they should be.")),
      log_(log),
      connected_(metrics.gauge("harbor_router_redis_connected",
                               "1 while every thread is connected to Redis.")) {
  auto state = state_.lock();
  state->connected.resize(workers);
  state->refused.resize(workers);
}

void RedisState::connected(std::size_t worker) {
  auto state = state_.lock();
  state->connected[worker] = true;
  const auto& all = state->connected;
  if (state->said == Said::connected || std::find(all.begin(), all.end(), false) != all.end())
    return;
  state->said = Said::connected;
  connected_.set(1);
  log_.info("Redis is connected, mappings are shared");
}

void RedisState::away(std::size_t worker, const base::Failure& why) {
  auto state = state_.lock();
  state->connected[worker] = false;
  connected_.set(0);
  // A wrong password is somebody's to mend, so it is said also when Redis was away before.
  if (why.code == base::Errc::refused_account) {
    if (state->said == Said::refused) return;
    state->said = Said::refused;
    log_.error("Redis is not used, a setting is wrong; mappings are not shared",
               {{"why", why.detail}});
    return;
  }
  if (state->said == Said::away || state->said == Said::refused) return;
  state->said = Said::away;
  log_.warning("Redis is away; what is known here serves on, and connecting is tried again",
               {{"why", why.detail}});
}

void RedisState::refuses(std::size_t worker, const std::string& why) {
  auto state = state_.lock();
  auto& all = state->refused;
  const bool before = std::find(all.begin(), all.end(), true) != all.end();
  all[worker] = !why.empty();
  const bool after = std::find(all.begin(), all.end(), true) != all.end();
  if (after && !before)
    log_.error("Redis takes no mappings; what is learnt now is not shared", {{"why", why}});
  if (before && !after) log_.info("Redis takes mappings again");
}

bool RedisState::is_connected() {
  auto state = state_.lock();
  return std::find(state->connected.begin(), state->connected.end(), false) ==
         state->connected.end();
}

void RedisState::forbidden(const std::string& why) {
  constexpr std::size_t most_said = 100;
  auto state = state_.lock();
  if (state->forbidden.size() < most_said && state->forbidden.insert(why).second)
    log_.error("Redis does not give the rights that sharing needs", {{"why", why}});
}

}  // namespace harbor_router::server
