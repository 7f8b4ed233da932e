// An htpasswd file: names and the bcrypt hashes of their passwords. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "harbor_router/base/result.hpp"

namespace harbor_router::http {

// name → bcrypt hash. Failure names the line that is no "name:$2y$...".
[[nodiscard]] base::Result<std::map<std::string, std::string>> parse_htpasswd(
    std::string_view text);

}  // namespace harbor_router::http
