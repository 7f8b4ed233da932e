// What a person typed: which subcommand, which flags, or a request for help. Values are not looked
// at here. Every mistake is named with the word that was probably meant.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/options/program.hpp"
#include "harbor_router/base/result.hpp"

namespace harbor_router::options {

using Flags =
    std::map<std::string, std::vector<std::string>, std::less<>>;  // "--cache-ttl" to {"5s"}

enum class Action { run, help, version };

struct Invocation {
  Action action = Action::run;
  const Subcommand* subcommand = nullptr;  // of run always; of help and version where one was named
  Flags flags;                             // of Occurrence::last one value each, the last
  std::vector<std::string> arguments;      // words that are no flags
  std::string version_format = "table";    // of version: table or json
};

// arguments: without the program's name. A failure's detail is one line for each mistake.
[[nodiscard]] base::Result<Invocation> parse_command_line(const Program& program,
                                                          std::vector<std::string> arguments);

}  // namespace harbor_router::options
