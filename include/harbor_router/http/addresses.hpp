// Which address of a name to try next. Pure: time comes from the caller.
//
// All addresses are used in turn; one that refused is left out for `rest`, unless all have. A list
// older than `fresh_for` is asked for again, and stays in use while that lasts or fails. So long a
// connection stays with its address where there are others, so that all have their turn.
#pragma once

#include <chrono>
#include <vector>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/http/asio.hpp"

namespace harbor_router::http {

class Addresses {
 public:
  static constexpr std::chrono::nanoseconds fresh_for = std::chrono::seconds(30);
  static constexpr std::chrono::seconds rest{10};
  static constexpr std::chrono::seconds ask_again_after{1};  // a look-up that failed

  explicit Addresses(std::chrono::nanoseconds keep_for = fresh_for) : keep_for_(keep_for) {}
  [[nodiscard]] bool must_resolve(base::TimePoint now) const noexcept {
    return known_.empty() || now >= ask_again_;
  }
  void could_not_resolve(base::TimePoint now) noexcept { ask_again_ = now + ask_again_after; }
  void resolved(const std::vector<Endpoint>& endpoints, base::TimePoint now);
  // The order to try now: the ones believed alive first, rotated by one at each call.
  [[nodiscard]] std::vector<Endpoint> order(base::TimePoint now);
  void refused(const Endpoint& endpoint, base::TimePoint now);
  void accepted(const Endpoint& endpoint);
  // Whether a connection to it, made then, is to be used once more.
  [[nodiscard]] bool keeps(const Endpoint& endpoint, base::TimePoint made,
                           base::TimePoint now) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return known_.empty(); }

 private:
  struct Known {
    Endpoint endpoint;
    base::TimePoint rests_until = base::TimePoint::min();
  };
  std::chrono::nanoseconds keep_for_;
  std::vector<Known> known_;
  base::TimePoint ask_again_ = base::TimePoint::min();
  std::size_t turn_ = 0;
};

}  // namespace harbor_router::http
