#include "harbor_router/bench/timeline.hpp"

#include <algorithm>

namespace harbor_router::bench {

void Timeline::join_pairs() {
  std::vector<Step> joined((steps_.size() + 1) / 2);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    joined[i / 2].errors += steps_[i].errors;
    joined[i / 2].latency.merge(steps_[i].latency);
  }
  steps_ = std::move(joined);
  step_ *= 2;
}

Timeline::Step& Timeline::step_at(Nanoseconds at) {
  at = std::max(at, Nanoseconds{0});
  while (at / step_ >= static_cast<std::int64_t>(most_steps)) join_pairs();
  const auto index = static_cast<std::size_t>(at / step_);
  if (index >= steps_.size()) steps_.resize(index + 1);
  return steps_[index];
}

void Timeline::merge(const Timeline& other) {
  Timeline finer = other;
  while (step_ < finer.step_) join_pairs();
  while (finer.step_ < step_) finer.join_pairs();
  if (steps_.size() < finer.steps_.size()) steps_.resize(finer.steps_.size());
  for (std::size_t i = 0; i < finer.steps_.size(); ++i) {
    steps_[i].errors += finer.steps_[i].errors;
    steps_[i].latency.merge(finer.steps_[i].latency);
  }
}

}  // namespace harbor_router::bench
