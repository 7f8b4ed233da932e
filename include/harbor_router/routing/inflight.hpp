// How many questions each project is asked at once (UPSTREAM_MAX_INFLIGHT). Background and
// foreground share the limit; callers past it wait in order. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/base/guarded.hpp"
#include "harbor_router/http/one_shot.hpp"

namespace harbor_router::routing {

class Inflight {
 public:
  // A place among those asking; given up when destroyed. Must not outlive its Inflight.
  class Place {
   public:
    Place(Inflight& inflight, std::int64_t project) : inflight_(inflight), project_(project) {}
    ~Place() { inflight_.leave(project_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Inflight& inflight_;
    std::int64_t project_;
  };

  explicit Inflight(std::size_t limit) : limit_(limit) {}
  [[nodiscard]] bool unlimited() const noexcept { return limit_ == 0; }
  // Null when the deadline passes first.
  [[nodiscard]] http::Awaitable<std::shared_ptr<Place>> enter(std::int64_t project,
                                                              http::Executor executor,
                                                              base::TimePoint deadline);

 private:
  struct Waiter {
    http::OneShot turn;
    bool has_place = false;
  };
  struct Queue {
    std::size_t asking = 0;
    std::deque<std::shared_ptr<Waiter>> waiting;
  };
  void leave(std::int64_t project);
  void give_up(std::int64_t project, const std::shared_ptr<Waiter>& waiter);

  std::size_t limit_;
  base::Guarded<std::map<std::int64_t, Queue>> queues_;
};

}  // namespace harbor_router::routing
