// JSON as text, whatever bytes its strings hold: what is no UTF-8 comes from image names, files and
// Harbor, and is shown as U+FFFD, never thrown over.
#pragma once

#include <string>

namespace harbor_router::base {

// json: an nlohmann::basic_json. indent: -1 is one line.
template <class Json>
[[nodiscard]] std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace harbor_router::base
