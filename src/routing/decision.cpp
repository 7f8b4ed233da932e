#include "harbor_router/routing/decision.hpp"

#include <algorithm>

#include "routing/verdicts.hpp"

namespace harbor_router::routing {

namespace {

using Kind = Verdict::Kind;

Kind kind_of(Outcome unknown) noexcept {
  switch (unknown) {
    case Outcome::limited:
      return Kind::limited;
    case Outcome::timeout:
      return Kind::timed_out;
    case Outcome::skipped:
      return Kind::unavailable;
    default:
      return Kind::failed;
  }
}

}  // namespace

Verdict::Kind verdict_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::hit:
      return Kind::chosen;
    case Outcome::blocked:
      return Kind::blocked;
    case Outcome::miss:
      return Kind::not_found;
    case Outcome::refused:
      return Kind::all_refused;
    default:
      return kind_of(outcome);
  }
}

Decision::Decision(std::size_t candidates) : said_(candidates), ranks_(candidates, 0) {}

Decision::Decision(std::vector<int> ranks, base::TimePoint rank_deadline, OnUnknown on_unknown)
    : said_(ranks.size()),
      ranks_(std::move(ranks)),
      rank_deadline_(rank_deadline),
      on_unknown_(on_unknown) {}

void Decision::add(std::size_t candidate, Outcome outcome) {
  if (said_[candidate]) return;
  said_[candidate] = Said{outcome, answered_++};
}

// The best-ranked candidate that has the image (or has it and blocks it), the earliest among
// equals.
std::optional<std::size_t> Decision::best_answered() const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < said_.size(); ++i) {
    if (!said_[i]) continue;
    if (said_[i]->outcome != Outcome::hit && said_[i]->outcome != Outcome::blocked) continue;
    if (!best || ranks_[i] < ranks_[*best] ||
        (ranks_[i] == ranks_[*best] && said_[i]->order < said_[*best]->order))
      best = i;
  }
  return best;
}

Verdict Decision::verdict(base::TimePoint now) const {
  if (said_.empty()) return {Kind::no_candidate};
  const auto best = best_answered();
  if (!best) return answered_ == said_.size() ? without_hit() : Verdict{Kind::waiting};
  // Whoever is better-ranked and still silent may be the best yet, whatever others have said.
  for (std::size_t i = 0; i < said_.size(); ++i)
    if (ranks_[i] < ranks_[*best] && !said_[i] && now < rank_deadline_) return {Kind::waiting};
  for (std::size_t i = 0; i < said_.size(); ++i) {
    if (ranks_[i] >= ranks_[*best] || on_unknown_ == OnUnknown::next) continue;
    if (!said_[i]) return {Kind::timed_out, i};
    if (is_unknown(said_[i]->outcome)) return {kind_of(said_[i]->outcome), i};
  }
  return {said_[*best]->outcome == Outcome::hit ? Kind::chosen : Kind::blocked, *best};
}

Verdict Decision::without_hit() const {
  const bool someone_refused = std::any_of(said_.begin(), said_.end(), [](const auto& said) {
    return said->outcome == Outcome::refused;
  });
  // In this order: who can help himself first, then by how much the answer says.
  for (const Outcome outcome :
       {Outcome::limited, Outcome::timeout, Outcome::failed, Outcome::skipped})
    for (std::size_t i = 0; i < said_.size(); ++i)
      if (said_[i]->outcome == outcome) return {kind_of(outcome), i, someone_refused};
  std::optional<std::size_t> refused;
  std::size_t misses = 0;
  for (std::size_t i = 0; i < said_.size(); ++i) {
    if (said_[i]->outcome == Outcome::miss)
      ++misses;
    else if (!refused)
      refused = i;
  }
  if (!refused) return {Kind::not_found};
  return {misses > 0 ? Kind::refused : Kind::all_refused, *refused, someone_refused};
}

}  // namespace harbor_router::routing
