#include "harbor_router/redis/pending_purges.hpp"

#include <algorithm>

namespace harbor_router::redis {

namespace {

constexpr base::TimePoint not_done = base::TimePoint::max();

}  // namespace

void PendingPurges::add(const std::string& pattern, base::TimePoint now) {
  auto state = state_.lock();
  std::erase_if(state->purges, [&](const Known& each) {
    return each.until <= now || (each.until == not_done && each.purge.pattern == pattern);
  });
  if (state->purges.size() < most) {
    state->purges.emplace_back(Purge{.id = ++state->last_id, .pattern = pattern});
  } else {
    state->purges.clear();
    state->purges.emplace_back(Purge{.id = ++state->last_id, .pattern = "*"});
  }
}

std::optional<PendingPurges::Purge> PendingPurges::oldest() {
  auto state = state_.lock();
  for (const Known& each : state->purges)
    if (each.until == not_done) return each.purge;
  return std::nullopt;
}

void PendingPurges::done(const Purge& purge, base::TimePoint now) {
  auto state = state_.lock();
  for (Known& each : state->purges)
    if (each.purge.id == purge.id) each.until = now + lingers_;
}

void PendingPurges::heard(const std::string& pattern, base::TimePoint now) {
  auto state = state_.lock();
  std::erase_if(state->purges, [&](const Known& each) { return each.until <= now; });
  if (state->purges.size() < most)  // else: left to CACHE_TTL
    state->purges.emplace_back(Purge{.id = ++state->last_id, .pattern = pattern}, now + lingers_);
}

bool PendingPurges::matches(const store::Key& key, base::TimePoint now) {
  auto state = state_.lock();
  return std::any_of(state->purges.begin(), state->purges.end(), [&](const Known& each) {
    return now < each.until && each.meant.matches(key);
  });
}

}  // namespace harbor_router::redis
