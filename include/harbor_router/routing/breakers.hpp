// A breaker for each project, and one for Harbor as a whole.
//
// Whether Harbor can be reached at all is counted apart from what a project answers: when nothing
// accepts a connection every project would fail alike, and one probe tells for all of them.
// Any thread.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "harbor_router/base/guarded.hpp"
#include "harbor_router/harbor/upstream.hpp"
#include "harbor_router/routing/breaker.hpp"

namespace harbor_router::routing {

// Why a project is left alone: it fails, or nothing can be said to Harbor at all.
struct Refusal {
  enum class Whom { project, all_of_harbor };
  Whom whom = Whom::project;
  std::chrono::nanoseconds wait{};  // to be told: until the next probe, or as long as Harbor said
};

class Breakers {
 public:
  // Told once per change; project is empty for Harbor as a whole. Called with no lock held.
  using OnChange = std::function<void(const std::string& project, bool open)>;

  explicit Breakers(BreakerSettings settings) : settings_(settings) {}
  void on_change(OnChange told) { on_change_ = std::move(told); }

  // nullopt: go ahead.
  [[nodiscard]] std::optional<Refusal> refuses(const harbor::Project& project, base::TimePoint now);
  // The same for an onlooker, who uses up no probe.
  [[nodiscard]] std::optional<Refusal> would_refuse(const harbor::Project& project,
                                                    base::TimePoint now);
  // A stream that has only begun ends an open breaker; how it went is told at its end.
  void answered(const harbor::Project& project, const harbor::Answer& answer, base::TimePoint now);
  // A client's credentials were refused, which Harbor does before it looks at what the project
  // fetches: Harbor is there, and of the project nothing is known.
  void refused_client(const harbor::Project& project, base::TimePoint now);
  // Another replica's breaker of this project has opened: a hint, which closes nothing to anybody.
  void suspect(const harbor::Project& project);
  // Something else than a project's question reached Harbor (discovery did).
  void harbor_answered();

 private:
  struct State {
    Breaker harbor;
    std::map<std::int64_t, Breaker> projects;  // only those that have failed
    [[nodiscard]] std::optional<Refusal> refusal(std::int64_t project, base::TimePoint now) const;
  };
  void tell(const std::string& project, bool before, bool after) const;

  BreakerSettings settings_;
  OnChange on_change_;
  base::Guarded<State> state_;
};

}  // namespace harbor_router::routing
