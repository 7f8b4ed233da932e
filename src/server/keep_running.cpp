#include "server/keep_running.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace harbor_router::server {

namespace {

http::Awaitable<> until_it_ends(Worker& worker, std::string what,
                                std::function<http::Awaitable<>()> work, Duration pause) {
  http::Timer timer(worker.context.get_executor());
  for (;;) {
    std::string why;
    try {
      co_await work();
      co_return;
    } catch (const std::exception& fault) {
      why = fault.what();
    }
    worker.shared.log.error(what + " failed, and begins again", {{"why", why}});
    timer.expires_after(pause);
    co_await timer.async_wait(http::as_result);
  }
}

}  // namespace

void keep_running(Worker& worker, std::string what, std::function<http::Awaitable<>()> work,
                  Duration pause) {
  http::asio::co_spawn(worker.context,
                       until_it_ends(worker, std::move(what), std::move(work), pause),
                       http::asio::detached);
}

}  // namespace harbor_router::server
