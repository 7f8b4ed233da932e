// Which address of a name to try next. Pure: time comes from the caller.
//
// All addresses are used in turn; one that refused is left out for `rest`, unless all have. A list
// older than `fresh_for` is asked for again, and stays in use while that fails.
#pragma once

#include <chrono>
#include <vector>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/http/asio.hpp"

namespace harbor_router::http {

class Addresses {
 public:
  static constexpr std::chrono::seconds fresh_for{30};
  static constexpr std::chrono::seconds rest{10};

  [[nodiscard]] bool must_resolve(base::TimePoint now) const noexcept {
    return known_.empty() || now - resolved_ >= fresh_for;
  }
  void resolved(const std::vector<Endpoint>& endpoints, base::TimePoint now);
  // The order to try now: the ones believed alive first, rotated by one at each call.
  [[nodiscard]] std::vector<Endpoint> order(base::TimePoint now);
  void refused(const Endpoint& endpoint, base::TimePoint now);
  void accepted(const Endpoint& endpoint);
  [[nodiscard]] bool empty() const noexcept { return known_.empty(); }

 private:
  struct Known {
    Endpoint endpoint;
    base::TimePoint rests_until = base::TimePoint::min();
  };
  std::vector<Known> known_;
  base::TimePoint resolved_ = base::TimePoint::min();
  std::size_t turn_ = 0;
};

}  // namespace harbor_router::http
