// Help for the terminal.
#include <fmt/format.h>

#include "cmd/options/documents.hpp"
#include "cmd/options/text.hpp"

namespace harbor_router::options {
namespace {

// "--cache-ttl DURATION   CACHE_TTL   default 300s", and what it does on the lines below.
std::string entry(const Setting& setting) {
  std::string left = setting.short_flag.empty()
                         ? std::string(setting.flag)
                         : fmt::format("{}, {}", setting.short_flag, setting.flag);
  if (setting.kind == ValueKind::choice) {
    left += fmt::format(" {}", setting.choices);
  } else if (!setting.flag.empty() && setting.kind != ValueKind::none) {
    left += fmt::format(" {}", value_name_of(setting));
  }
  std::string right(setting.variable);
  if (setting.secret != nullptr) right += fmt::format(", {}_FILE", setting.variable);
  if (setting.required_by != Commands::none) right += " (required)";
  if (!setting.fallback.empty()) right += fmt::format(" (default {})", setting.fallback);
  std::string line;
  if (left.empty()) {
    line = fmt::format("  {}", right);
  } else if (right.empty()) {
    line = fmt::format("  {}", left);
  } else {
    line = fmt::format("  {:<34}  {}", left, right);
  }
  return line + '\n' + wrapped(setting.help, 6);
}

std::string examples(const Subcommand& subcommand) {
  std::string out;
  for (const auto& example : subcommand.examples) {
    out += wrapped(fmt::format("# {}", example.meaning), 2);
    out += fmt::format("  {}\n", example.command);
  }
  return out;
}

std::string usage_of(const Arguments& arguments) {
  if (arguments.most == 0) return "";
  return fmt::format(" [{}]{}", arguments.name, arguments.most > 1 ? "..." : "");
}

constexpr std::string_view kCommonFlags =
    "  -h, --help\n      Print this help.\n"
    "  --version\n      Print the version, the commit and what this was built with.\n";

}  // namespace

std::string program_help(const Program& program) {
  std::string out = fmt::format("{} - {}\n\nUsage: {} SUBCOMMAND [FLAGS]\n\nSubcommands\n",
                                kProgramName, kProgramSummary, kProgramName);
  for (const auto& subcommand : program.subcommands) {
    out += fmt::format("  {:<16}{}\n", subcommand.name, subcommand.summary);
  }
  out += fmt::format("\nFlags\n{}\nExamples\n", kCommonFlags);
  for (const auto& subcommand : program.subcommands) out += examples(subcommand);
  out += '\n';
  out += wrapped(fmt::format("\"{0} SUBCOMMAND --help\" lists the settings of a subcommand; the "
                             "manual page {0}-config(5) has them all.",
                             kProgramName),
                 0);
  return out;
}

std::string subcommand_help(const Program& program, const Subcommand& subcommand) {
  std::string out =
      fmt::format("{0} {1} - {2}\n\nUsage: {0} {1} [FLAGS]{3}\n\n", kProgramName, subcommand.name,
                  subcommand.summary, usage_of(subcommand.arguments));
  out += wrapped(subcommand.description, 0);
  if (subcommand.arguments.most > 0)
    out +=
        fmt::format("\n{}\n{}", subcommand.arguments.name, wrapped(subcommand.arguments.help, 6));
  out += "\nExamples\n" + examples(subcommand) + '\n';
  const std::string_view variables =
      "A setting with a name in capitals is also an environment variable; the flag wins, and an "
      "empty variable counts as unset. Secrets have no flag: set the variable, or the same name "
      "with _FILE to the path of a file that holds it, which wins. ";
  out += wrapped(fmt::format("{}Durations are written 300ms, 10s or 2h30m.",
                             has_variables(program, subcommand) ? variables : ""),
                 0);
  for (const auto group : kGroups) {
    const auto rows = settings_of(program, subcommand, group);
    if (rows.empty()) continue;
    out += fmt::format("\n{}\n", title(group));
    for (const auto* row : rows) out += entry(*row);
  }
  return out + fmt::format("\nOther flags\n{}", kCommonFlags);
}

}  // namespace harbor_router::options
