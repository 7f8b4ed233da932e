#include "harbor_router/routing/candidates.hpp"

#include <algorithm>

#include "harbor_router/oci/name.hpp"

namespace harbor_router::routing {

Subject subject_of(std::string_view repository, std::string_view hint,
                   const harbor::ProjectList& projects) {
  if (!hint.empty()) return {harbor::registry_host(hint), std::string(repository)};
  const std::size_t slash = repository.find('/');
  const std::string_view first = repository.substr(0, slash);
  // Without a dot it cannot be a registry's host (or it is "localhost", which Harbor cannot
  // mirror).
  if (slash != std::string_view::npos && first.find('.') != std::string_view::npos) {
    std::string host = harbor::registry_host(first);
    if (projects.mirrors(host)) return {std::move(host), std::string(repository.substr(slash + 1))};
  }
  return {std::string(), std::string(repository)};
}

std::vector<Candidate> candidates_for(const Subject& subject, const harbor::ProjectList& projects,
                                      std::size_t limit) {
  const bool narrows = !subject.hint.empty();
  const bool matched = narrows && projects.mirrors(subject.hint);
  std::vector<Candidate> candidates;
  for (const harbor::ProjectPointer& project : projects.all()) {
    if (candidates.size() == limit) break;
    if (matched && !project->mirrors(subject.hint)) continue;
    if (narrows && !matched && project->registry) continue;
    candidates.push_back({project, project->upstream_repository(subject.repository)});
  }
  return candidates;
}

bool names_candidate(const store::Record& record, const harbor::ProjectList& projects,
                     std::size_t limit) {
  const auto candidates =
      candidates_for({.hint = record.hint, .repository = record.repository}, projects, limit);
  return std::any_of(candidates.begin(), candidates.end(), [&record](const Candidate& candidate) {
    return candidate.project->id == record.project_id && candidate.project->name == record.project;
  });
}

}  // namespace harbor_router::routing
