// The table of settings is what everything else derives from: these hold its rows to each other.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "cmd/options/program.hpp"
#include "cmd/options/text.hpp"

namespace {

using namespace harbor_router::options;

TEST_CASE("the defaults of the struct are those of the table") {
  Settings from_table;
  for (const auto& row : settings()) {
    if (row.fallback.empty()) continue;
    const auto assigned = row.assign(from_table, row.fallback);
    REQUIRE_MESSAGE(assigned.has_value(), row.variable);
  }
  CHECK(from_table == Settings{});
}

TEST_CASE("a flag has the name of its variable, and only a secret has none") {
  for (const auto& row : settings()) {
    CAPTURE(row.flag);
    CAPTURE(row.variable);
    CHECK(row.flag.empty() == (row.secret != nullptr));
    if (row.kind == ValueKind::none) CHECK(row.variable.empty());
    if (row.secret == nullptr && !row.variable.empty()) CHECK(row.flag == flag_of(row.variable));
  }
}

TEST_CASE("no two rows of one subcommand share a name, and each explains itself in sentences") {
  std::map<std::string_view, unsigned> used;
  for (const auto& row : settings()) {
    CAPTURE(row.flag);
    CAPTURE(row.variable);
    const auto by = static_cast<unsigned>(row.used_by);
    for (const auto name : {row.variable, row.flag, row.short_flag}) {
      if (name.empty()) continue;
      CHECK((used[name] & by) == 0);
      used[name] |= by;
    }
    CHECK(row.help.ends_with('.'));
    CHECK(row.used_by != Commands::none);
  }
}

TEST_CASE("every choice that is offered is accepted, and the default is one of them") {
  for (const auto& row : settings()) {
    CAPTURE(row.variable);
    CHECK((row.kind == ValueKind::choice) == !row.choices.empty());
    if (row.choices.empty()) continue;
    std::set<std::string> offered;
    for (std::string_view rest = row.choices; !rest.empty();) {
      const auto choice = rest.substr(0, rest.find('|'));
      rest.remove_prefix(std::min(rest.size(), choice.size() + 1));
      Settings settings;
      CHECK_MESSAGE(row.assign(settings, choice).has_value(), choice);
      offered.insert(std::string(choice));
    }
    if (!row.fallback.empty()) CHECK(offered.contains(std::string(row.fallback)));
    Settings settings;
    CHECK(row.assign(settings, "neither").has_error());
  }
}

TEST_CASE("text is broken at spaces into lines of at most 80 columns") {
  CHECK(wrapped("", 2).empty());
  CHECK(wrapped("one two", 2) == "  one two\n");
  CHECK(wrapped(std::string(78, 'x') + " y", 2) == "  " + std::string(78, 'x') + "\n  y\n");
  CHECK(wrapped(std::string(76, 'x') + " y", 2) == "  " + std::string(76, 'x') + " y\n");
  CHECK(wrapped("a " + std::string(90, 'x') + " b", 0) == "a\n" + std::string(90, 'x') + "\nb\n");
}

}  // namespace
