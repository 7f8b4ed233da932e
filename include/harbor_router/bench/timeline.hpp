// What happened when: requests, errors and latencies in steps of equal length. Memory is fixed:
// when a run outgrows the steps, they are joined in pairs and each becomes twice as long. Pure; one
// thread at a time, merged afterwards.
#pragma once

#include <cstdint>
#include <vector>

#include "harbor_router/bench/histogram.hpp"

namespace harbor_router::bench {

class Timeline {
 public:
  static constexpr std::size_t most_steps = 128;
  static constexpr Nanoseconds first_step = std::chrono::milliseconds(100);

  struct Step {
    std::uint64_t errors = 0;
    Histogram latency{Precision::plotted};  // of good answers
  };

  // at: since the measured part of the run began.
  void answered(Nanoseconds at, Nanoseconds latency) { step_at(at).latency.record(latency); }
  void failed(Nanoseconds at) { ++step_at(at).errors; }
  void merge(const Timeline& other);

  [[nodiscard]] Nanoseconds step() const noexcept { return step_; }
  [[nodiscard]] const std::vector<Step>& steps() const noexcept { return steps_; }

 private:
  [[nodiscard]] Step& step_at(Nanoseconds at);
  void join_pairs();

  Nanoseconds step_ = first_step;
  std::vector<Step> steps_;
};

}  // namespace harbor_router::bench
