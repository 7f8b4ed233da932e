// A command as Redis reads it, by hiredis' formatter: arguments are bytes, whatever is in them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace harbor_router::redis {

using Arguments = std::vector<std::string_view>;

[[nodiscard]] std::string command(const Arguments& arguments);
[[nodiscard]] inline std::string command(std::initializer_list<std::string_view> arguments) {
  return command(Arguments(arguments));
}

// For the value of a mapping's key, but no more of it than shows that it is no record. The answer
// to a key that is not there is an empty text.
[[nodiscard]] std::string ask_value(std::string_view key);

}  // namespace harbor_router::redis
