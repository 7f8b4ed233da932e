// JSON as text, and read from it, whoever wrote it.
//
// Strings may hold any bytes: what is no UTF-8 comes from image names, files and Harbor, and is
// shown as U+FFFD, never thrown over. And it may be nested as deep as the text is long, while
// copying, comparing and printing call themselves once a level: what goes deeper than anybody means
// it is refused before it is read.
#pragma once

#include <string>
#include <string_view>

namespace harbor_router::base {

inline constexpr std::size_t deepest_json = 64;  // arrays and objects within each other

// Whether more are open at once; of what is no JSON, anything may be said.
[[nodiscard]] bool is_nested_deeper(std::string_view text, std::size_t most) noexcept;

// Json: an nlohmann::basic_json; ordered_json is for what we wrote ourselves, since an object of n
// keys takes it n * n steps. Discarded where the text is none, or deeper than deepest_json.
template <class Json>
[[nodiscard]] Json read_json(std::string_view text) {
  if (is_nested_deeper(text, deepest_json)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}

// json: an nlohmann::basic_json. indent: -1 is one line.
template <class Json>
[[nodiscard]] std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace harbor_router::base
