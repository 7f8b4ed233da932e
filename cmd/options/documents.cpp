#include "cmd/options/documents.hpp"

#include <fmt/format.h>

#include "cmd/options/text.hpp"

namespace harbor_router::options {
namespace {

// "`--all` of resolve": a flag alone is of some subcommands only.
std::string flag_and_subcommands(const Program& program, const Setting& setting) {
  std::vector<std::string_view> names;
  for (const auto& subcommand : program.subcommands)
    if (includes(setting.used_by, subcommand.bit)) names.push_back(subcommand.name);
  return fmt::format("`{}` of {}", setting.flag, fmt::join(names, ", "));
}

std::string readme_row(const Program& program, const Setting& setting) {
  std::string names = setting.variable.empty() ? flag_and_subcommands(program, setting)
                                               : fmt::format("`{}`", setting.variable);
  if (setting.secret != nullptr) names += fmt::format(", `{}_FILE`", setting.variable);
  std::string fallback = setting.fallback.empty() ? "–" : fmt::format("`{}`", setting.fallback);
  std::string help(setting.help);
  if (setting.required_by != Commands::none) help += " Required.";
  if (!setting.choices.empty()) {
    help += fmt::format(" One of `{}`.", replaced(setting.choices, "|", "`, `"));
  }
  return fmt::format("| {} | {} | {} |\n", names, fallback, help);
}

}  // namespace

std::string readme_settings(const Program& program) {
  std::string out = "| setting | default | meaning |\n|---|---|---|\n";
  for (const auto group : kGroups) {
    bool first = true;
    for (const auto& setting : program.settings) {
      if (setting.group != group) continue;
      if (first) out += fmt::format("| **{}** | | |\n", title(group));
      first = false;
      out += readme_row(program, setting);
    }
  }
  return out;
}

std::optional<std::string> generate_document(const Program& program, std::string_view name) {
  if (name == "completions-bash") return bash_completion(program);
  if (name == "completions-zsh") return zsh_completion(program);
  if (name == "completions-fish") return fish_completion(program);
  if (name == "man") return program_manual(program);
  if (name == "man-config") return settings_manual(program);
  if (name == "readme-settings") return readme_settings(program);
  for (const auto& subcommand : program.subcommands) {
    if (name == fmt::format("man-{}", subcommand.name)) {
      return subcommand_manual(program, subcommand);
    }
  }
  return std::nullopt;
}

}  // namespace harbor_router::options
