#include "harbor_router/http/one_shot.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

namespace harbor_router::http {

Awaitable<> OneShot::wait() {
  auto initiate = [this](auto handler) {
    // std::function wants copies and a handler can only be moved, hence the shared pointer.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    std::function<void()> wake = [shared] {
      auto executor = asio::get_associated_executor(*shared);
      asio::post(executor, [shared] { (*shared)(); });
    };
    {
      auto state = state_.lock();
      if (!state->is_set) {
        state->wake.push_back(std::move(wake));
        return;
      }
    }
    wake();
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(initiate,
                                                                               use_awaitable);
}

void OneShot::set() {
  std::vector<std::function<void()>> wake;
  {
    auto state = state_.lock();
    state->is_set = true;
    wake.swap(state->wake);
  }
  for (const auto& each : wake) each();
}

}  // namespace harbor_router::http
