// Something that happens once, which coroutines of any thread can wait for.
//
// set() may be called on any thread; each waiter goes on later, on its own io_context.
#pragma once

#include <functional>
#include <vector>

#include "harbor_router/base/guarded.hpp"
#include "harbor_router/http/asio.hpp"

namespace harbor_router::http {

class OneShot {
 public:
  [[nodiscard]] Awaitable<> wait();
  void set();

 private:
  struct State {
    bool is_set = false;
    std::vector<std::function<void()>> wake;
  };
  base::Guarded<State> state_;
};

}  // namespace harbor_router::http
