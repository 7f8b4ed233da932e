// JSON for operators.
#pragma once

#include <nlohmann/json.hpp>

namespace harbor_router::server {

using Json = nlohmann::ordered_json;  // keys in the order documented

// For base::Result: bare JSON converts to and from too much to be told from a Failure.
struct Document {
  Json json;
};

}  // namespace harbor_router::server
