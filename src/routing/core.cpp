#include "harbor_router/routing/core.hpp"

#include <algorithm>

namespace harbor_router::routing {

void Core::adopt(ProjectListPointer list, base::TimePoint now) {
  const ProjectListPointer before = projects.get();
  const bool brings_one = std::any_of(
      list->all().begin(), list->all().end(),
      [&before](const auto& project) { return !before || !before->by_id(project->id); });
  projects.set(std::move(list));
  if (!brings_one) return;
  if (before)
    absences_doubted_until_ = (now + absences_outlast_arrival_).time_since_epoch().count();
  mappings.forget_absences();
}

}  // namespace harbor_router::routing
