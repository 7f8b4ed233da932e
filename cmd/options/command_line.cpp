#include "cmd/options/command_line.hpp"

#include <algorithm>
#include <iterator>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "cmd/options/nearest.hpp"

namespace harbor_router::options {
namespace {

using base::Result;

base::Failure usage(std::string detail) {
  return base::failure(base::Errc::invalid, std::move(detail));
}

std::string hint(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto meant = nearest(word, candidates);
  return meant.empty() ? std::string() : fmt::format("; did you mean {}?", meant);
}

bool is_flag(std::string_view word) {
  return word.size() > 1 && word.starts_with('-');
}

std::vector<std::string_view> flag_names(const Program& program, const Subcommand& subcommand) {
  std::vector<std::string_view> flags = {"--help", "--version"};
  for (const auto& setting : program.settings) {
    if (!setting.flag.empty() && includes(setting.used_by, subcommand.bit)) {
      flags.push_back(setting.flag);
      if (!setting.short_flag.empty()) flags.push_back(setting.short_flag);
    }
  }
  return flags;
}

// Words before the subcommand, or without one.
std::string explain_stray(const Program& program, const std::string& word) {
  if (!word.starts_with('-')) {
    std::vector<std::string_view> names;
    for (const auto& subcommand : program.subcommands) names.push_back(subcommand.name);
    return fmt::format("unknown subcommand \"{}\"{}", word, hint(word, names));
  }
  const auto flag = word.substr(0, word.find('='));
  for (const auto& subcommand : program.subcommands) {
    const auto flags = flag_names(program, subcommand);
    if (std::ranges::find(flags, flag) != flags.end()) {
      return fmt::format("{} stands after the subcommand: {} {} {}", flag, kProgramName,
                         subcommand.name, word);
    }
  }
  return fmt::format("unknown flag {}{}", flag, hint(flag, {"--help", "--version"}));
}

std::string explain_argument(const Subcommand& subcommand, const std::string& word) {
  return fmt::format("{} takes no argument, but \"{}\" stands there", subcommand.name, word);
}

std::string explain_stray(const Program& program, const Subcommand& subcommand,
                          const std::string& word) {
  if (!is_flag(word)) return explain_argument(subcommand, word);
  const auto flag = word.substr(0, word.find('='));
  for (const auto& setting : program.settings) {
    if (setting.secret != nullptr && flag == flag_of(setting.variable)) {
      return fmt::format("{} would show in the list of processes: set {} or {}_FILE instead", flag,
                         setting.variable, setting.variable);
    }
  }
  return fmt::format("unknown flag {}{}", flag, hint(flag, flag_names(program, subcommand)));
}

// A line for each stray word. Words beside an unknown flag are probably its value, and flags beside
// an unknown subcommand probably its own: only what is of the first word's kind is told.
template <class Explain>
std::string explain_all(const std::vector<std::string>& words, const Explain& explain) {
  std::string lines;
  for (const auto& word : words) {
    if (word.starts_with('-') == words.front().starts_with('-')) lines += explain(word) + '\n';
  }
  return lines;
}

}  // namespace

Result<Invocation> parse_command_line(const Program& program, std::vector<std::string> arguments) {
  // Behind -- no word is a flag.
  const auto dashes = std::ranges::find(arguments, "--");
  std::vector<std::string> plain(dashes == arguments.end() ? dashes : dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());
  for (const auto& word : arguments) {
    // CLI11 would take the next word for the value.
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {
      return usage(fmt::format("{} has an empty value", word.substr(0, word.size() - 1)));
    }
  }
  // CLI11 only splits the words. Help, precedence and values are ours: it would let a configuration
  // file win over a variable, and name the flag where the variable is at fault.
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.require_subcommand(0, 1);
  bool help = false;
  bool version = false;
  Flags flags;
  std::map<const CLI::App*, const Subcommand*> subcommands;
  app.add_flag("-h,--help", help);
  app.add_flag("--version", version);
  std::string version_format;
  app.add_option("-o,--output", version_format)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  for (const auto& subcommand : program.subcommands) {
    auto* const sub = app.add_subcommand(std::string(subcommand.name));
    subcommands[sub] = &subcommand;
    sub->set_help_flag();
    sub->allow_extras();
    sub->add_flag("-h,--help", help);
    sub->add_flag("--version", version);
    for (const auto& setting : program.settings) {
      if (setting.flag.empty() || !includes(setting.used_by, subcommand.bit)) continue;
      const std::string flag(setting.flag);
      const auto names =
          setting.short_flag.empty() ? flag : fmt::format("{},{}", setting.short_flag, flag);
      if (setting.kind == ValueKind::none) {
        sub->add_flag_callback(names, [&flags, flag] { flags[flag] = {"true"}; });
      } else {
        const auto take = [&flags, flag](const std::vector<std::string>& values) {
          flags[flag] = values;
        };
        auto* const option = sub->add_option_function<std::vector<std::string>>(names, take)
                                 ->type_name(std::string(value_name_of(setting)))
                                 ->expected(1)
                                 ->allow_extra_args(false);
        if (setting.occurrence == Occurrence::every) {
          option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        } else {
          option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
        }
      }
    }
  }
  try {
    std::ranges::reverse(arguments);  // as CLI11 wants a vector
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return usage(error.what());
  }

  Invocation invocation;
  std::string problems;
  if (const auto chosen = app.get_subcommands(); !chosen.empty()) {
    invocation.subcommand = subcommands.at(chosen.front());
    auto words = chosen.front()->remaining();
    const Arguments& taken = invocation.subcommand->arguments;
    if (taken.most > 0) {
      const auto first_argument = std::stable_partition(words.begin(), words.end(), is_flag);
      invocation.arguments.assign(first_argument, words.end());
      words.erase(first_argument, words.end());
      std::ranges::move(plain, std::back_inserter(invocation.arguments));
      plain.clear();
    }
    for (const auto& word : plain)
      problems += explain_argument(*invocation.subcommand, word) + '\n';
    problems += explain_all(words, [&](const std::string& word) {
      return explain_stray(program, *invocation.subcommand, word);
    });
    if (problems.empty() && invocation.arguments.size() > taken.most)
      problems =
          fmt::format("{} takes {} {} at most, and {} are given", invocation.subcommand->name,
                      taken.most, taken.name, invocation.arguments.size());
  }
  // Before the subcommand, or without one: these come first.
  problems.insert(0, explain_all(app.remaining(), [&](const std::string& word) {
                    return explain_stray(program, word);
                  }));
  if (const auto chosen = flags.find("--output"); chosen != flags.end())
    version_format = chosen->second.front();
  if (version && !help && !version_format.empty()) {
    if (version_format != "table" && version_format != "json")
      return usage(fmt::format("--output: \"{}\" is not one of table, json", version_format));
    invocation.version_format = version_format;
  }
  // Help is for what there is: a mistyped subcommand has none.
  if (help && invocation.subcommand == nullptr && !problems.empty())
    return usage(std::move(problems));
  if (help || version) {
    invocation.action = help ? Action::help : Action::version;
    return invocation;
  }
  if (!problems.empty()) return usage(std::move(problems));
  if (!version_format.empty() && invocation.subcommand == nullptr)
    return usage("--output stands after a subcommand, or with --version");
  if (invocation.subcommand == nullptr) return usage("a subcommand is missing");
  invocation.flags = std::move(flags);
  return invocation;
}

}  // namespace harbor_router::options
