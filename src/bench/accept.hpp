// How the generator shows itself, in the run and while it is prepared.
#pragma once

#include <string>
#include <string_view>

#include "harbor_router/oci/media_type.hpp"

namespace harbor_router::bench {

inline constexpr std::string_view user_agent = "harbor-router-bench";

[[nodiscard]] inline const std::string& accept_manifests() {
  return oci::usual_accept();
}

}  // namespace harbor_router::bench
