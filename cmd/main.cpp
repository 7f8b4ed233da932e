// Picks the subcommand. Data goes to standard output, messages to standard error. Exit codes: 0 all
// went well, 1 failure, 2 wrong usage or a bad setting (then nothing was started).
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/options/command_line.hpp"
#include "cmd/options/documents.hpp"
#include "cmd/options/resolve.hpp"
#include "cmd/subcommands.hpp"
#include "cmd/version.hpp"

namespace harbor_router {
namespace {

constexpr int kUsage = 2;

constexpr options::Example kServeExamples[] = {
    {.command = "harbor-router serve --demo", .meaning = "Try it without a Harbor"},
    {.command = "HARBOR_URL=https://harbor.example.com HARBOR_USERNAME='robot$router' \\\n"
                "    HARBOR_PASSWORD_FILE=/run/secrets/harbor harbor-router serve",
     .meaning = "In front of a Harbor, as the robot account robot$router"},
};

constexpr options::Subcommand kSubcommands[] = {
    {.name = "serve",
     .summary = "serve pulls to container clients",
     .description =
         "Serves the registry API under one project name. For each image it finds the proxy-cache "
         "project of Harbor that has it, remembers which one that is, and streams what Harbor "
         "sends. Runs until SIGTERM or SIGINT, then lets running requests finish.",
     .examples = kServeExamples,
     .bit = options::Commands::serve,
     .run = run_serve},
};

void print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) {
    throw std::runtime_error("cannot write to standard output");
  }
}

void complain(std::string_view lines) {
  for (std::size_t at = 0; at < lines.size();) {
    const auto line = lines.substr(at, lines.find('\n', at) - at);
    std::fprintf(stderr, "harbor-router: %.*s\n", static_cast<int>(line.size()), line.data());
    at += line.size() + 1;
  }
}

int run(std::vector<std::string> arguments) {
  const options::Program program{
      .version = version(), .subcommands = kSubcommands, .settings = options::settings()};
  // For the build's target "generate": the files in completions/, man/ and README.md.
  if (arguments.size() == 2 && arguments[0] == "__generate") {
    const auto document = options::generate_document(program, arguments[1]);
    print(document.value_or(""));
    return document ? 0 : kUsage;
  }
  const auto invocation = options::parse_command_line(program, std::move(arguments));
  if (!invocation) {
    complain(invocation.error().detail);
    std::fputs("Try \"harbor-router --help\".\n", stderr);
    return kUsage;
  }
  if (invocation->action == options::Action::version) {
    print(invocation->version_format == "json" ? version_json() : version_text());
    return 0;
  }
  if (invocation->action == options::Action::help) {
    print(invocation->subcommand == nullptr
              ? options::program_help(program)
              : options::subcommand_help(program, *invocation->subcommand));
    return 0;
  }
  auto resolved = options::resolve_settings({.rows = program.settings,
                                                   .command = invocation->subcommand->bit,
                                                   .flags = invocation->flags});
  for (const auto& problem : resolved.problems) complain(problem);
  if (!resolved.problems.empty()) return kUsage;
  resolved.settings.arguments = invocation->arguments;
  return invocation->subcommand->run(resolved.settings);
}

}  // namespace
}  // namespace harbor_router

int main(int argc, char** argv) {
  try {
    return harbor_router::run({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "harbor-router: %s\n", error.what());
    return 1;
  }
}
