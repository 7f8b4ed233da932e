// One project as JSON, as discover prints it and as replicas and snapshots keep it:
//   {"name","id","public","registry":{"id","type","url","host","status"}}
// registry has an id alone where the account may not read registries. Read back it may come from
// anybody: names are checked by their grammar. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "harbor_router/base/json_text.hpp"
#include "harbor_router/harbor/project.hpp"

namespace harbor_router::harbor {

[[nodiscard]] nlohmann::ordered_json project_json(const Project& project);
// Failure invalid: what is wrong with it. Other keys are passed over. Json: as above, or one that
// does not keep the order.
template <class Json>
[[nodiscard]] base::Result<Project> project_of_json(const Json& json);
extern template base::Result<Project> project_of_json(const nlohmann::ordered_json& json);
extern template base::Result<Project> project_of_json(const nlohmann::json& json);

}  // namespace harbor_router::harbor
