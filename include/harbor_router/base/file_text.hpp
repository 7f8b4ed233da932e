// What a file says, as a value: it may be gone, or be something else, at any look.
#pragma once

#include <optional>
#include <string>

namespace harbor_router::base {

// nullopt: it is not there, is no regular file (a folder, a pipe: never waited for), or cannot be
// read.
[[nodiscard]] std::optional<std::string> file_text(const std::string& path);

}  // namespace harbor_router::base
