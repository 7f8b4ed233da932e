// From what a person set to what the server reads: one way, for serve and for the commands that ask
// what it would do.
#pragma once

#include "cmd/options/settings.hpp"
#include "harbor_router/server/settings.hpp"

namespace harbor_router {

// Raises the soft limit of open files to the hard one, from which MAX_CONNECTIONS=0 derives.
[[nodiscard]] server::Settings server_settings(const options::Settings& given);

}  // namespace harbor_router
