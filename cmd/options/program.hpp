// What the command line consists of: subcommands, and one row for every setting. Parsing, help, man
// pages, completions and the README's table all read these rows and nothing else, so that they
// cannot disagree.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/options/settings.hpp"
#include "harbor_router/base/result.hpp"

namespace harbor_router::options {

enum class Group { harbor, names, routing, cache, upstream, listener, clients, log };
inline constexpr Group kGroups[] = {Group::harbor,   Group::names,    Group::routing, Group::cache,
                                    Group::upstream, Group::listener, Group::clients, Group::log};
[[nodiscard]] std::string_view title(Group group) noexcept;

enum class ValueKind { none, text, url, address, file, duration, count, choice, networks };
// What help shows in place of the value: "DURATION". Empty for none.
[[nodiscard]] std::string_view placeholder(ValueKind kind) noexcept;

// A set of subcommands, as bits.
enum class Commands : unsigned { none = 0, serve = 1 };
[[nodiscard]] constexpr bool includes(Commands set, Commands one) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}

struct Setting {
  std::string_view flag = {};      // "--cache-ttl"; empty: a secret, which has no flag
  std::string_view variable = {};  // "CACHE_TTL"; empty: a flag alone
  std::string_view fallback = {};  // the default as a person would write it; empty: none
  ValueKind kind = ValueKind::text;
  std::string_view choices = {};  // of ValueKind::choice: "pretty|json"
  Group group = Group::harbor;
  Commands used_by = Commands::serve;
  Commands required_by = Commands::none;  // unless --demo
  std::string_view help = {};             // whole sentences, without the default
  // Reads text into its field. The detail of a failure says what is wrong and what would be right.
  base::Result<void> (*assign)(Settings&, std::string_view text) = nullptr;
  Secret& (*secret)(Settings&) = nullptr;  // of secrets alone, which also have VARIABLE_FILE
};

// The settings whose feature exists.
[[nodiscard]] std::span<const Setting> settings();
// Also those that wait for their feature: read by tests alone, which keep them honest.
[[nodiscard]] std::span<const Setting> all_settings();

struct Example {
  std::string_view command;
  std::string_view meaning;
};

struct Subcommand {
  std::string_view name;
  std::string_view summary;      // one line without a full stop
  std::string_view description;  // a paragraph
  std::span<const Example> examples;
  Commands bit = Commands::none;
  int (*run)(const Settings&) = nullptr;  // returns the exit code
};

struct Program {
  std::string_view version;  // "0.1.0"
  std::span<const Subcommand> subcommands;
  std::span<const Setting> settings;
};

inline constexpr std::string_view kProgramName = "harbor-router";
inline constexpr std::string_view kProgramSummary =
    "one name in front of Harbor's proxy-cache projects";

// "CACHE_TTL" to "--cache-ttl"
[[nodiscard]] std::string flag_of(std::string_view variable);

// The rows one subcommand uses in one group, in the table's order.
[[nodiscard]] std::vector<const Setting*> settings_of(const Program& program,
                                                      const Subcommand& subcommand, Group group);

}  // namespace harbor_router::options
