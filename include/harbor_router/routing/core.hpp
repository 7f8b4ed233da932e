// What the threads' resolvers share: the projects known now, the mappings, the flights.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "harbor_router/base/guarded.hpp"
#include "harbor_router/harbor/project.hpp"
#include "harbor_router/harbor/upstream.hpp"
#include "harbor_router/routing/breakers.hpp"
#include "harbor_router/routing/candidates.hpp"
#include "harbor_router/routing/decision.hpp"
#include "harbor_router/routing/flights.hpp"
#include "harbor_router/routing/inflight.hpp"
#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::routing {

using ProjectListPointer = std::shared_ptr<const harbor::ProjectList>;

// The list in use; replaced whole by discovery. Null until the first discovery has succeeded.
class CurrentProjects {
 public:
  [[nodiscard]] ProjectListPointer get() { return *list_.lock(); }
  // For a search: null also where Harbor shows none, which says nothing of any image.
  [[nodiscard]] ProjectListPointer to_search() {
    ProjectListPointer list = get();
    return list && list->size() > 0 ? list : nullptr;
  }
  void set(ProjectListPointer list) { *list_.lock() = std::move(list); }

 private:
  base::Guarded<ProjectListPointer> list_;
};

using OwnAnswer = std::shared_ptr<harbor::Answer>;  // as it comes: whoever asked may change it
using AnswerPointer = std::shared_ptr<const harbor::Answer>;  // and once it is told to others

// All candidates asked at once.
struct Lookup {
  Verdict verdict;
  std::vector<Candidate> candidates;
  std::vector<AnswerPointer>
      answers;                 // one a candidate; null where none had come when it was decided
  bool known_refused = false;  // see Resolution
};

// A manifest found (or not) by a search: what a GET flight gives to all who wait for it.
struct Found {
  Verdict verdict;
  harbor::ProjectPointer project;
  AnswerPointer
      answer;  // the chosen project's, else the one that explains the verdict; may be null
  bool known_refused = false;  // see Resolution
};

// Another project has the same tag with another digest: whoever pulls it may mean either.
struct Conflict {
  const Subject& subject;
  const std::string& reference;
  const harbor::Project& chosen;
  const harbor::Project& other;
  std::string chosen_digest, other_digest;
};

struct CoreSettings {
  store::Settings cache;
  BreakerSettings breaker;
  std::size_t max_inflight = 0;  // for each project; 0: no limit
  // How much later than this process another replica may learn of a new project.
  std::chrono::nanoseconds discovery_interval{0};
};

struct Core {
  explicit Core(CoreSettings settings)
      : mappings(settings.cache),
        breakers(settings.breaker),
        inflight(settings.max_inflight),
        absences_outlast_arrival_(settings.discovery_interval + settings.cache.negative_ttl) {}
  // The list is in use from now on. What was absent before may be in a project that it brings, so
  // that all absences are forgotten then; and replicas may go on telling theirs for a while.
  void adopt(ProjectListPointer list, base::TimePoint now);
  [[nodiscard]] bool doubts_shared_absences(base::TimePoint now) const noexcept {
    return now.time_since_epoch().count() < absences_doubted_until_;
  }

  CurrentProjects projects;
  store::MappingStore mappings;
  Breakers breakers;
  Inflight inflight;
  Flights<Lookup> lookups;
  Flights<Found> manifests;
  Flights<void> refreshes;
  std::function<void(const Conflict&)> on_conflict;  // any thread; may be empty

 private:
  base::Duration absences_outlast_arrival_;
  std::atomic<base::Duration::rep> absences_doubted_until_ = base::Duration::min().count();
};

}  // namespace harbor_router::routing
