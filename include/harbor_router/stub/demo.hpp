// The Harbor of `harbor-router serve --demo`: three public proxy projects (Docker Hub, GHCR, Quay)
// with small images, and a robot account that may list projects and registries.
#pragma once

#include <string>

#include "harbor_router/stub/options.hpp"

namespace harbor_router::stub {

struct Demo {
  Options options;
  std::string robot_name;
  std::string robot_password;
};
[[nodiscard]] Demo demo();

}  // namespace harbor_router::stub
