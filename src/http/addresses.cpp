#include "harbor_router/http/addresses.hpp"

#include <algorithm>

namespace harbor_router::http {

void Addresses::resolved(const std::vector<Endpoint>& endpoints, base::TimePoint now) {
  std::vector<Known> known;
  for (const Endpoint& endpoint : endpoints) {
    const auto same = [&endpoint](const Known& each) { return each.endpoint == endpoint; };
    if (std::any_of(known.begin(), known.end(), same)) continue;
    const auto before = std::find_if(known_.begin(), known_.end(), same);
    known.push_back(before != known_.end() ? *before : Known{.endpoint = endpoint});
  }
  known_ = std::move(known);
  ask_again_ = now + keep_for_;
}

bool Addresses::keeps(const Endpoint& endpoint, base::TimePoint made,
                      base::TimePoint now) const noexcept {
  if (known_.size() > 1 && now - made >= fresh_for) return false;
  return std::any_of(known_.begin(), known_.end(),
                     [&endpoint](const Known& each) { return each.endpoint == endpoint; });
}

std::vector<Endpoint> Addresses::order(base::TimePoint now) {
  std::vector<Endpoint> alive, resting;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    const Known& each = known_[(turn_ + i) % known_.size()];
    (each.rests_until <= now ? alive : resting).push_back(each.endpoint);
  }
  ++turn_;
  alive.insert(alive.end(), resting.begin(), resting.end());
  return alive;
}

void Addresses::refused(const Endpoint& endpoint, base::TimePoint now) {
  for (Known& each : known_)
    if (each.endpoint == endpoint) each.rests_until = now + rest;
}

void Addresses::accepted(const Endpoint& endpoint) {
  for (Known& each : known_)
    if (each.endpoint == endpoint) each.rests_until = base::TimePoint::min();
}

}  // namespace harbor_router::http
