#include "cmd/options/command_line.hpp"

#include <doctest/doctest.h>

#include "cmd/options/nearest.hpp"

namespace {

using namespace harbor_router::options;

const Subcommand kSubcommands[] = {{.name = "serve",
                                    .summary = "serve pulls",
                                    .description = "Serves.",
                                    .examples = {},
                                    .bit = Commands::serve},
                                   {.name = "resolve",
                                    .summary = "say where from",
                                    .description = "Says.",
                                    .arguments = {.name = "IMAGE", .help = "One.", .most = 2},
                                    .examples = {},
                                    .bit = Commands::resolve}};
const Program kProgram{.version = "1.2.3", .subcommands = kSubcommands, .settings = settings()};

Invocation understood(std::vector<std::string> words) {
  auto parsed = parse_command_line(kProgram, std::move(words));
  if (!parsed) MESSAGE(parsed.error().detail);
  REQUIRE(parsed.has_value());
  return std::move(*parsed);
}

std::string complaint(std::vector<std::string> words) {
  const auto parsed = parse_command_line(kProgram, std::move(words));
  REQUIRE(parsed.has_error());
  auto detail = parsed.error().detail;
  if (detail.ends_with('\n')) detail.pop_back();
  return detail;
}

TEST_CASE("a subcommand with flags in both forms") {
  const auto run =
      understood({"serve", "--demo", "--cache-ttl", "5s", "--log-level=debug", "--threads", "-1"});
  CHECK(run.action == Action::run);
  CHECK(run.subcommand == kSubcommands);
  CHECK(run.flags == Flags{{"--demo", {"true"}},
                           {"--cache-ttl", {"5s"}},
                           {"--log-level", {"debug"}},
                           {"--threads", {"-1"}}});
}

TEST_CASE("the last of a flag given twice wins") {
  CHECK(understood({"serve", "--cache-ttl", "1s", "--cache-ttl=2s"}).flags.at("--cache-ttl") ==
        std::vector<std::string>{"2s"});
}

TEST_CASE("words that are no flags are the subcommand's arguments, between its flags") {
  const auto run = understood({"resolve", "nginx", "-o", "json", "-f", "-", "--all", "redis:7"});
  CHECK(run.arguments == std::vector<std::string>{"nginx", "redis:7"});
  CHECK(run.flags == Flags{{"--output", {"json"}}, {"--file", {"-"}}, {"--all", {"true"}}});
  CHECK(complaint({"resolve", "a", "b", "c"}) == "resolve takes 2 IMAGE at most, and 3 are given");
  CHECK(complaint({"resolve", "a", "--gett"}) == "unknown flag --gett; did you mean --get?");
}

TEST_CASE("behind -- no word is a flag") {
  const auto run = understood({"resolve", "--all", "--", "nginx", "--get"});
  CHECK(run.arguments == std::vector<std::string>{"nginx", "--get"});
  CHECK(run.flags == Flags{{"--all", {"true"}}});
  CHECK(understood({"serve", "--"}).arguments.empty());
  CHECK(complaint({"serve", "--", "-x"}) == "serve takes no argument, but \"-x\" stands there");
  CHECK(complaint({"resolve", "--", "a", "b", "c"}).find("at most") != std::string::npos);
}

TEST_CASE("the version can be asked for as JSON") {
  CHECK(understood({"--version", "-o", "json"}).version_format == "json");
  CHECK(understood({"resolve", "--version", "-o", "json"}).version_format == "json");
  CHECK(complaint({"--version", "-o", "xml"}) == "--output: \"xml\" is not one of table, json");
}

TEST_CASE("help and version are found anywhere and win over mistakes") {
  CHECK(understood({"--help"}).action == Action::help);
  CHECK(understood({"-h"}).subcommand == nullptr);
  CHECK(understood({"serve", "--help"}).subcommand == kSubcommands);
  CHECK(understood({"serve", "--nonsense", "-h"}).action == Action::help);
  CHECK(understood({"--version"}).action == Action::version);
  CHECK(understood({"serve", "--version"}).action == Action::version);
}

TEST_CASE("a mistake is answered with what was probably meant") {
  CHECK(complaint({}) == "a subcommand is missing");
  CHECK(complaint({"sevre"}) == "unknown subcommand \"sevre\"; did you mean serve?");
  CHECK(complaint({"sevre", "--demo"}) == "unknown subcommand \"sevre\"; did you mean serve?");
  CHECK(complaint({"sevre", "-o", "json"}) == "unknown subcommand \"sevre\"; did you mean serve?");
  CHECK(complaint({"dance"}) == "unknown subcommand \"dance\"");
  CHECK(complaint({"--verson"}) == "unknown flag --verson; did you mean --version?");
  CHECK(complaint({"serve", "--harbour-url", "http://h"}) ==
        "unknown flag --harbour-url; did you mean --harbor-url?");
  CHECK(complaint({"serve", "--cach-ttl=1s", "--lisen-addr", ":1"}) ==
        "unknown flag --cach-ttl; did you mean --cache-ttl?\n"
        "unknown flag --lisen-addr; did you mean --listen-addr?");
  CHECK(complaint({"--cache-ttl=5s", "serve"}) ==
        "--cache-ttl stands after the subcommand: harbor-router serve --cache-ttl=5s");
  CHECK(complaint({"serve", "nginx"}) == "serve takes no argument, but \"nginx\" stands there");
  CHECK(complaint({"serve", "serve"}) == "serve takes no argument, but \"serve\" stands there");
}

TEST_CASE("a flag without its value") {
  CHECK(complaint({"serve", "--cache-ttl"}).starts_with("--cache-ttl"));
  // The next word is the value, and refused as such when it is read.
  CHECK(understood({"serve", "--cache-ttl", "--demo"}).flags == Flags{{"--cache-ttl", {"--demo"}}});
  CHECK(complaint({"serve", "--cache-ttl=", "--demo"}) == "--cache-ttl has an empty value");
}

TEST_CASE("a secret given as a flag is told why there is none, and is not repeated") {
  const auto told = complaint({"serve", "--harbor-password=hunter2"});
  CHECK(told.find("HARBOR_PASSWORD_FILE") != std::string::npos);
  CHECK(told.find("hunter2") == std::string::npos);
}

TEST_CASE("the nearest word") {
  const std::string_view words[] = {"serve", "resolve", "discover"};
  CHECK(nearest("serv", words) == "serve");
  CHECK(nearest("esrve", words) == "serve");
  CHECK(nearest("resolv", words) == "resolve");
  CHECK(nearest("discvoer", words) == "discover");
  CHECK(nearest("x", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest("kubernetes", words).empty());
  CHECK(nearest(std::string(1000, 's'), words).empty());
}

}  // namespace
