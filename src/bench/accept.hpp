// How the generator shows itself, in the run and while it is prepared.
#pragma once

#include <string>
#include <string_view>

#include "harbor_router/oci/media_type.hpp"

namespace harbor_router::bench {

inline constexpr std::string_view user_agent = "harbor-router-bench";

[[nodiscard]] inline std::string accept_manifests() {
  std::string types;
  for (const std::string_view type : oci::usual_manifest_types)
    types.append(types.empty() ? "" : ", ").append(type);
  return types;
}

}  // namespace harbor_router::bench
