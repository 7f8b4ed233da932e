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

// question: what this run is asked to do; output: how it says what it found.
enum class Group {
  question,
  output,
  harbor,
  names,
  routing,
  cache,
  shared_cache,
  upstream,
  listener,
  clients,
  log
};
inline constexpr Group kGroups[] = {Group::question,     Group::output,   Group::harbor,
                                    Group::names,        Group::routing,  Group::cache,
                                    Group::shared_cache, Group::upstream, Group::listener,
                                    Group::clients,      Group::log};
[[nodiscard]] std::string_view title(Group group) noexcept;

enum class ValueKind { none, text, url, address, file, duration, size, count, choice, networks };
// What help shows in place of the value: "DURATION". Empty for none.
[[nodiscard]] std::string_view placeholder(ValueKind kind) noexcept;

// A set of subcommands, as bits.
enum class Commands : unsigned {
  none = 0,
  serve = 1,
  resolve = 2,
  discover = 4,
  cache_inspect = 8,
  bench = 16
};
[[nodiscard]] constexpr Commands operator|(Commands a, Commands b) noexcept {
  return static_cast<Commands>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
[[nodiscard]] constexpr bool includes(Commands set, Commands one) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}

// Of a flag given more than once: the last counts, or each is taken.
enum class Occurrence { last, every };

struct Setting {
  std::string_view flag = {};        // "--cache-ttl"; empty: a secret, which has no flag
  std::string_view short_flag = {};  // "-o"; empty: none
  std::string_view variable = {};    // "CACHE_TTL"; empty: a flag alone
  std::string_view fallback = {};    // the default as a person would write it; empty: none
  ValueKind kind = ValueKind::text;
  std::string_view value_name = {};  // in help, in place of the kind's: "IMAGE"
  std::string_view choices = {};     // of ValueKind::choice: "pretty|json"
  Occurrence occurrence = Occurrence::last;
  Group group = Group::harbor;
  Commands used_by = Commands::serve;
  Commands required_by = Commands::none;  // unless --demo
  std::string_view help = {};             // whole sentences, without the default
  // Reads text into its field. The detail of a failure says what is wrong and what would be right.
  // Of Occurrence::every: called for each, in order.
  base::Result<void> (*assign)(Settings&, std::string_view text) = nullptr;
  Secret& (*secret)(Settings&) = nullptr;  // of secrets alone, which also have VARIABLE_FILE
};

// The settings whose feature exists.
[[nodiscard]] std::span<const Setting> settings();

struct Example {
  std::string_view command;
  std::string_view meaning;
};

// Words of a subcommand that are no flags.
struct Arguments {
  // What a shell can offer: the registries of the projects, with which image names may begin.
  enum class Offered { nothing, registries };
  std::string_view name = {};  // "IMAGE"; empty: none are taken
  std::string_view help = {};
  std::size_t most = 0;
  Offered offered = Offered::nothing;
};

struct Subcommand {
  std::string_view name;
  std::string_view summary;      // one line without a full stop
  std::string_view description;  // a paragraph
  Arguments arguments = {};
  std::span<const Example> examples;
  Commands bit = Commands::none;
  // What the rows alone cannot tell: a line for each mistake. Null: nothing.
  std::vector<std::string> (*check)(const Settings&) = nullptr;
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

// What help shows in place of the row's value.
[[nodiscard]] std::string_view value_name_of(const Setting& setting) noexcept;

// The rows one subcommand uses in one group, in the table's order.
[[nodiscard]] std::vector<const Setting*> settings_of(const Program& program,
                                                      const Subcommand& subcommand, Group group);

// Whether the subcommand reads any variable.
[[nodiscard]] bool has_variables(const Program& program, const Subcommand& subcommand) noexcept;

}  // namespace harbor_router::options
