// From flags and environment to Settings. A flag wins over *_FILE (secrets have no flag), that over
// the variable, that over the default. A variable that is empty counts as unset. A value that loses
// is not looked at. Every bad value is named, under the name the person used.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/options/command_line.hpp"
#include "cmd/options/program.hpp"
#include "cmd/options/settings.hpp"

namespace harbor_router::options {

using Environment = std::function<std::optional<std::string>(std::string_view name)>;

[[nodiscard]] std::optional<std::string> process_environment(std::string_view name);

struct ResolveRequest {
  std::span<const Setting> rows;
  Commands command = Commands::none;  // rows of other subcommands keep their defaults
  Flags flags;
  Environment environment = process_environment;
};

struct Resolved {
  Settings settings;                  // to be used only if there are no problems
  std::vector<std::string> problems;  // one line each: name, what is wrong, what would be right
};

[[nodiscard]] Resolved resolve_settings(const ResolveRequest& request);

}  // namespace harbor_router::options
