// Which proxy-cache projects there are: one run over Harbor's API.
//
// All or nothing: any page that is missing, malformed or HTML fails the run, so that the caller
// keeps the last good list. So do pages that contradict each other, at a second reading. Registries
// are an extra: without the right to read them, names alone are used.
#pragma once

#include <string>
#include <vector>

#include "harbor_router/harbor/client.hpp"
#include "harbor_router/harbor/project.hpp"

namespace harbor_router::harbor {

struct Discovered {
  std::vector<Project> projects;
  std::vector<std::string> warnings;  // what the account may not see, and which right would help
};

// Failure refused_account when the account is wrong: Harbor answers such a request for projects
// with 200 and the public ones, so the account is checked at the token endpoint first.
[[nodiscard]] Awaitable<base::Result<Discovered>> discover(Client& client);

}  // namespace harbor_router::harbor
