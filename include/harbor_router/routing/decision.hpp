// The decision over the projects' outcomes, as they arrive (docs/architecture.md, "The decision").
//
// Pure: fed outcomes and a time point, it says whether to wait, which project is chosen, or what
// the client must be told. What would change with the order of arrival is only which of several
// equally ranked hits comes first.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/harbor/outcome.hpp"

namespace harbor_router::routing {

using harbor::Outcome;

// What to do when a better-ranked project's word is not known: tags fail (another project's tag may
// be another image), digests go on (their content is checked).
enum class OnUnknown { fail, next };

struct Verdict {
  enum class Kind {
    waiting,
    chosen,        // index has it
    not_found,     // every candidate said miss
    refused,       // some refused, the rest said miss
    all_refused,   // every candidate refused
    blocked,       // 412 of index: no other project is tried
    limited,       // 429
    timed_out,     // 504
    failed,        // 502
    unavailable,   // 503: breakers open
    no_candidate,  // there is no project to ask
  };
  Kind kind = Kind::waiting;
  std::size_t index = 0;         // with chosen: who has it; else whose answer explains it best
  bool someone_refused = false;  // without a hit: be it that the kind tells of another's failure
};

// One project's outcome as the whole verdict, where no other project is asked.
[[nodiscard]] Verdict::Kind verdict_of(Outcome outcome) noexcept;

class Decision {
 public:
  // All equal: the first hit wins.
  explicit Decision(std::size_t candidates);
  // ranks: one a candidate, smaller is better. Until rank_deadline a better-ranked project that has
  // not answered is waited for.
  Decision(std::vector<int> ranks, base::TimePoint rank_deadline, OnUnknown on_unknown);

  void add(std::size_t candidate, Outcome outcome);
  [[nodiscard]] Verdict verdict(base::TimePoint now) const;

 private:
  struct Said {
    Outcome outcome;
    std::size_t order;
  };
  [[nodiscard]] Verdict without_hit() const;
  [[nodiscard]] std::optional<std::size_t> best_answered() const;
  std::vector<std::optional<Said>> said_;
  std::vector<int> ranks_;
  base::TimePoint rank_deadline_ = base::TimePoint::min();
  OnUnknown on_unknown_ = OnUnknown::fail;
  std::size_t answered_ = 0;
};

}  // namespace harbor_router::routing
