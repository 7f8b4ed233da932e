#include "harbor_router/routing/inflight.hpp"

#include <algorithm>

namespace harbor_router::routing {

http::Awaitable<std::shared_ptr<Inflight::Place>> Inflight::enter(std::int64_t project,
                                                                  http::Executor executor,
                                                                  base::TimePoint deadline) {
  std::shared_ptr<Waiter> waiter;
  {
    auto queues = queues_.lock();
    Queue& queue = (*queues)[project];
    if (queue.asking < limit_) {
      ++queue.asking;
      co_return std::make_shared<Place>(*this, project);
    }
    waiter = std::make_shared<Waiter>();
    queue.waiting.push_back(waiter);
  }
  http::Timer timer(executor, deadline);
  timer.async_wait([this, project, waiter](http::error_code cancelled) {
    if (!cancelled) give_up(project, waiter);
  });
  co_await waiter->turn.wait();
  timer.cancel();
  if (!waiter->has_place) co_return nullptr;
  co_return std::make_shared<Place>(*this, project);
}

void Inflight::leave(std::int64_t project) {
  std::shared_ptr<Waiter> next;
  {
    auto queues = queues_.lock();
    Queue& queue = (*queues)[project];
    if (queue.waiting.empty()) {
      if (--queue.asking == 0) queues->erase(project);
      return;
    }
    next = std::move(queue.waiting.front());  // the place passes on, asking stays as it is
    queue.waiting.pop_front();
    next->has_place = true;
  }
  next->turn.set();
}

void Inflight::give_up(std::int64_t project, const std::shared_ptr<Waiter>& waiter) {
  {
    auto queues = queues_.lock();
    if (waiter->has_place) return;
    Queue& queue = (*queues)[project];
    std::erase(queue.waiting, waiter);
  }
  waiter->turn.set();
}

}  // namespace harbor_router::routing
