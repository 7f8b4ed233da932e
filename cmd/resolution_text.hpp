// What resolve found, as text, from the JSON that every source of it speaks. Pure.
#pragma once

#include <string>

#include "cmd/output.hpp"
#include "harbor_router/server/document.hpp"

namespace harbor_router {

struct TextStyle {
  bool coloured = false;
  std::size_t width = 80;  // of its table
};

[[nodiscard]] std::string resolution_text(const server::Json& resolution, TextStyle style);
// "docker-hub/library/nginx", or "-" where no project is chosen.
[[nodiscard]] std::string resolution_name(const server::Json& resolution);
// A conflict counts only where all projects were waited for.
[[nodiscard]] ExitCode resolution_exit_code(const server::Json& resolution);

// A string of a JSON object; empty when it is null or not there.
[[nodiscard]] std::string text_at(const server::Json& object, const char* key);

}  // namespace harbor_router
