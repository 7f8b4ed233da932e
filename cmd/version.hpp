#pragma once

#include <string>
#include <string_view>

namespace harbor_router {

[[nodiscard]] std::string_view version() noexcept;  // "0.1.0"

// Version and commit, and on a second line the compiler and the libraries in use.
[[nodiscard]] std::string version_text();
[[nodiscard]] std::string version_json();  // the same as an object

}  // namespace harbor_router
