#include "server/redis_purges.hpp"

#include <boost/asio/post.hpp>

#include "harbor_router/redis/inspect.hpp"

namespace harbor_router::server {

namespace {

constexpr std::chrono::seconds until_again{2};

// Whether the same may succeed later.
bool passes(base::Errc code) {
  return code == base::Errc::connect_failed || code == base::Errc::closed ||
         code == base::Errc::timeout;
}

}  // namespace

RedisPurges::RedisPurges(const redis::Settings& settings, observe::Log& log,
                         http::asio::io_context& context)
    : pending(2 * settings.timeout),
      settings_(settings),
      log_(log),
      context_(context),
      again_(context.get_executor()) {}

void RedisPurges::add(const std::string& pattern) {
  pending.add(pattern.empty() ? "*" : pattern, base::Clock::now());
  http::asio::post(context_, [this] { follow(); });
}

void RedisPurges::stop() {
  stop_.request_stop();
  http::asio::post(context_, [this] { again_.cancel(); });
}

void RedisPurges::follow() {
  while (const auto purge = pending.oldest()) {
    const auto purged = redis::purge(settings_, purge->pattern, stop_.get_token());
    if (stop_.stop_requested()) return;
    if (!purged && passes(purged.error().code)) {
      if (!std::exchange(away_, true))
        log_.warning("not purged from Redis yet, which is tried again",
                     {{"pattern", purge->pattern}, {"why", purged.error().detail}});
      again_.expires_after(until_again);
      again_.async_wait([this](http::error_code cancelled) {
        if (!cancelled) follow();
      });
      return;
    }
    away_ = false;
    pending.done(*purge, base::Clock::now());
    if (purged)
      log_.info("purged from Redis",
                {{"pattern", purge->pattern}, {"mappings", std::to_string(purged->records)}});
    else
      log_.error("not purged from Redis",
                 {{"pattern", purge->pattern}, {"error", purged.error().detail}});
  }
}

}  // namespace harbor_router::server
