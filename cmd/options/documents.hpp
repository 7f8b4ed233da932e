// Everything written about the command line, derived from Program: help for the terminal, and the
// files in completions/, man/ and README.md, which a test compares with what these return.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cmd/options/program.hpp"

namespace harbor_router::options {

[[nodiscard]] std::string program_help(const Program& program);
[[nodiscard]] std::string subcommand_help(const Program& program, const Subcommand& subcommand);

[[nodiscard]] std::string bash_completion(const Program& program);
[[nodiscard]] std::string zsh_completion(const Program& program);
[[nodiscard]] std::string fish_completion(const Program& program);

[[nodiscard]] std::string program_manual(const Program& program);  // section 1
[[nodiscard]] std::string subcommand_manual(const Program& program,
                                            const Subcommand& subcommand);  // section 1
[[nodiscard]] std::string settings_manual(const Program& program);          // section 5

[[nodiscard]] std::string readme_settings(const Program& program);  // a Markdown table

// By the name `harbor-router __generate` knows it under: completions-bash, completions-zsh,
// completions-fish, man, man-<subcommand>, man-config, readme-settings.
[[nodiscard]] std::optional<std::string> generate_document(const Program& program,
                                                           std::string_view name);

}  // namespace harbor_router::options
