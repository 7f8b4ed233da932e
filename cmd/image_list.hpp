// Images, one on each line; blank lines and those that begin with # are skipped.
#pragma once

#include <string>
#include <vector>

#include "harbor_router/base/result.hpp"

namespace harbor_router {

// path: "-" is standard input. Failure invalid when it cannot be read.
[[nodiscard]] base::Result<std::vector<std::string>> read_image_list(const std::string& path);

}  // namespace harbor_router
