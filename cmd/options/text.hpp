// Plain text for terminals of 80 columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace harbor_router::options {

// text broken at spaces into lines of at most 80 columns, each indented by so many spaces and ended
// by a line feed. A word that is longer stands on a line of its own.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent);

[[nodiscard]] std::string replaced(std::string_view text, std::string_view from,
                                   std::string_view to);

}  // namespace harbor_router::options
