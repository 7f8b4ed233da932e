// Deadlines of one thread, checked by one coarse sweep instead of a timer per operation.
//
// A Deadline costs a store to set. The sweep runs every `period`, so a deadline fires up to that
// much late, never early. All of it belongs to the thread of its io_context; a Deadline must be
// destroyed before its Deadlines. on_expire may destroy any Deadline, its own included.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include <boost/intrusive/list.hpp>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/http/asio.hpp"

namespace harbor_router::http {

class Deadlines;

class Deadline : public boost::intrusive::list_base_hook<
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  Deadline() = default;
  // sweep() below calls on_expire once when the time set has passed.
  void attach(Deadlines& deadlines, std::function<void()> on_expire);
  void set(base::TimePoint when) noexcept {
    when_ = when;
    expired_ = false;
  }
  void set_after(std::chrono::nanoseconds delay) noexcept { set(base::Clock::now() + delay); }
  void clear() noexcept { when_ = base::TimePoint::max(); }
  [[nodiscard]] bool expired() const noexcept { return expired_; }
  [[nodiscard]] base::TimePoint when() const noexcept { return when_; }

 private:
  friend class Deadlines;
  base::TimePoint when_ = base::TimePoint::max();
  bool expired_ = false;
  std::function<void()> on_expire_;
};

class Deadlines {
 public:
  static constexpr std::chrono::milliseconds period{50};

  explicit Deadlines(asio::io_context& context);
  // Begins sweeping; goes on until stop().
  void start();
  void stop();
  // Called at every sweep, before the deadlines, for as long as what is returned is kept: for
  // checks that need no precision. A check may add and end checks.
  using Check = std::shared_ptr<const std::function<void(base::TimePoint)>>;
  [[nodiscard]] Check every_sweep(std::function<void(base::TimePoint)> check) {
    auto kept = std::make_shared<const std::function<void(base::TimePoint)>>(std::move(check));
    checks_.push_back(kept);
    return kept;
  }
  // What one sweep does; for tests and for start().
  void sweep(base::TimePoint now);

 private:
  friend class Deadline;
  void arm();
  using List = boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>>;
  Timer timer_;
  List attached_;
  std::vector<Check::weak_type> checks_;
  bool stopped_ = false;
};

}  // namespace harbor_router::http
