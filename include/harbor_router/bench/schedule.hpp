// When one thread's requests are due. Closed loop (no rate): at once, whenever a connection is
// free. Open loop: request n at start + n / rate, whatever became of those before it; its latency
// counts from there, so that a target that stands still is charged for all that should have been
// asked meanwhile (no coordinated omission). Pure.
//
// Threads share a rate by numbers: of T threads, thread t asks requests t, t + T, t + 2T... A
// request that is due within the warm-up is not measured.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "harbor_router/base/clock.hpp"

namespace harbor_router::bench {

struct Pace {
  double rate = 0;                       // requests a second of all threads; 0: closed loop
  std::chrono::nanoseconds warmup{0};    // before what is measured
  std::chrono::nanoseconds duration{0};  // of what is measured; 0: until `requests`
  std::uint64_t requests = 0;            // measured by all threads; 0: until `duration`
};

struct Share {
  unsigned thread = 0;
  unsigned threads = 1;
};

class Schedule {
 public:
  Schedule(const Pace& pace, Share share, base::TimePoint start);

  // The number (of all threads' requests) and the due time of this thread's next request; nullopt
  // when there is none left. In a closed loop it is due now, in an open one perhaps later.
  struct Due {
    std::uint64_t number = 0;
    base::TimePoint at;
    bool measured = false;
  };
  [[nodiscard]] std::optional<Due> next(base::TimePoint now) const noexcept;
  void taken(const Due& due) noexcept;

  [[nodiscard]] base::TimePoint measured_from() const noexcept { return measured_from_; }
  // TimePoint::max() when the number of requests ends the run.
  [[nodiscard]] base::TimePoint end() const noexcept { return end_; }
  // Requests of an open loop that were due before `end` and not taken.
  [[nodiscard]] std::uint64_t untaken(base::TimePoint now) const noexcept;

 private:
  [[nodiscard]] base::TimePoint due(std::uint64_t number) const noexcept;

  double rate_;
  Share share_;
  base::TimePoint start_, measured_from_, end_;
  std::uint64_t taken_ = 0;  // of this thread, warm-up included
  std::uint64_t left_;       // measured ones of this thread
};

}  // namespace harbor_router::bench
