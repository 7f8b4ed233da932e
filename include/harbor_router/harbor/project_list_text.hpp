// A list of projects as text, for other replicas and for a later start: JSON with a version and the
// time it was discovered. Read back it may come from anybody: names are checked by their grammar.
// Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "harbor_router/harbor/project.hpp"

namespace harbor_router::harbor {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

struct KeptProjects {
  std::vector<Project> projects;
  WallTime discovered{};
};

[[nodiscard]] std::string to_text(const ProjectList& list, WallTime discovered);
// Failure invalid or too_large, with what is wrong.
[[nodiscard]] base::Result<KeptProjects> parse_kept_projects(std::string_view text);

}  // namespace harbor_router::harbor
