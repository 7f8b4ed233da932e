// Picks the subcommand. Data goes to standard output, messages to standard error; exit codes are in
// cmd/output.hpp.
#include <signal.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/end_process.hpp"
#include "cmd/options/command_line.hpp"
#include "cmd/options/documents.hpp"
#include "cmd/options/resolve.hpp"
#include "cmd/output.hpp"
#include "cmd/subcommands.hpp"
#include "cmd/version.hpp"

namespace harbor_router {
namespace {

constexpr options::Example kServeExamples[] = {
    {.command = "harbor-router serve --demo", .meaning = "Try it without a Harbor"},
    {.command = "HARBOR_URL=https://harbor.example.com HARBOR_USERNAME='robot$router' \\\n"
                "    HARBOR_PASSWORD_FILE=/run/secrets/harbor harbor-router serve",
     .meaning = "In front of a Harbor, as the robot account robot$router"},
};

constexpr options::Example kResolveExamples[] = {
    {.command = "harbor-router resolve nginx:latest",
     .meaning = "Where does it come from, and why?"},
    {.command = "harbor-router resolve --all ghcr.io/org/app:v1",
     .meaning = "What does every project say? (exit code 6 when two of them differ)"},
    {.command = "harbor-router resolve --server http://127.0.0.1:9090 nginx",
     .meaning = "Ask a running router"},
    {.command = "harbor-router discover -o json > projects.json\n"
                "  harbor-router resolve --projects projects.json --dry-run nginx",
     .meaning = "See the candidates and the requests without any network"},
};

constexpr options::Example kDiscoverExamples[] = {
    {.command = "harbor-router discover", .meaning = "Which projects are there?"},
    {.command = "harbor-router discover --watch", .meaning = "Tell changes as they happen"},
};

constexpr options::Example kInspectExamples[] = {
    {.command = "harbor-router cache-inspect 'library/*'",
     .meaning = "What is remembered of these?"},
    {.command = "harbor-router cache-inspect --stats", .meaning = "Totals and the hottest images"},
    {.command = "ADMIN_TOKEN_FILE=/run/secrets/admin \\\n"
                "    harbor-router cache-inspect --purge nginx:latest",
     .meaning = "Forget where an image comes from"},
};

constexpr options::Example kBenchExamples[] = {
    {.command = "harbor-router bench", .meaning = "See the whole, without a Harbor"},
    {.command = "harbor-router bench --target http://router:8080 -r 500 -z 60s \\\n"
                "    --image proxy/library/nginx:1.27 --fail-if 'p99>50ms' --fail-if 'errors>0'",
     .meaning = "Does it keep its latency at 500 requests a second?"},
    {.command = "harbor-router bench --target http://new:8080 --baseline http://old:8080 \\\n"
                "    --image proxy/library/nginx:1.27 --fail-if 'p99_ratio>1.2'",
     .meaning = "Compare a new version with the one that runs"},
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
    {.name = "resolve",
     .summary = "show which project an image comes from, and why",
     .description = "Discovers the projects, asks them as a pull would, and shows which one is "
                    "chosen, why, and "
                    "what each project said. Nothing is fetched unless --get asks for it. With the "
                    "settings of a "
                    "pod it finds what that pod finds; --server asks a running router itself.",
     .arguments = {.name = "IMAGE",
                   .help =
                       "nginx, org/app:v1, ghcr.io/org/app@sha256:..., or the name a client uses, "
                       "such as registry.example.com/proxy/nginx. Without a tag or digest it is "
                       "latest.",
                   .most = 10'000,
                   .offered = options::Arguments::Offered::registries},
     .examples = kResolveExamples,
     .bit = options::Commands::resolve,
     .check = check_resolve,
     .run = run_resolve},
    {.name = "discover",
     .summary = "list the proxy-cache projects the router finds",
     .description =
         "Asks Harbor as the router does at start and every DISCOVERY_INTERVAL, and lists the "
         "proxy-cache projects with the registries they mirror. Says what the account may not see, "
         "and which permission would help.",
     .examples = kDiscoverExamples,
     .bit = options::Commands::discover,
     .run = run_discover},
    {.name = "cache-inspect",
     .summary = "show and remove what a router remembers",
     .description = "Lists the mappings of a running router: which image comes from which project, "
                    "how old that "
                    "is, and how often it was asked for.",
     .arguments = {.name = "PATTERN",
                   .help = "Only images that match: nginx, library/*, ghcr.io/org/app:v1. A * also "
                           "stands for slashes. At most 1024 characters.",
                   .most = 1},
     .examples = kInspectExamples,
     .bit = options::Commands::cache_inspect,
     .check = check_cache_inspect,
     .run = run_cache_inspect},
    {.name = "bench",
     .summary = "put a router or a registry under load and measure it",
     .description =
         "Asks for manifests and blobs over many connections and says how many answers a second "
         "came, how late, and which failed. Alone it measures a router before a stand-in for "
         "Harbor, "
         "both inside the process. https is checked against the system's roots, or SSL_CERT_FILE.",
     .examples = kBenchExamples,
     .bit = options::Commands::bench,
     .check = check_bench,
     .run = run_bench},
};

int run(std::vector<std::string> arguments) {
  const options::Program program{
      .version = version(), .subcommands = kSubcommands, .settings = options::settings()};
  // For the build's target "generate": the files in completions/, man/ and README.md.
  if (arguments.size() == 2 && arguments[0] == "__generate") {
    const auto document = options::generate_document(program, arguments[1]);
    print(document.value_or(""));
    return document ? 0 : code(ExitCode::usage);
  }
  const auto invocation = options::parse_command_line(program, std::move(arguments));
  if (!invocation) {
    complain(invocation.error().detail);
    complain("try \"harbor-router --help\"");
    return code(ExitCode::usage);
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
  resolved.settings.arguments = invocation->arguments;
  if (invocation->subcommand->check != nullptr)
    std::ranges::move(invocation->subcommand->check(resolved.settings),
                      std::back_inserter(resolved.problems));
  for (const auto& problem : resolved.problems) complain(problem);
  if (!resolved.problems.empty()) return code(ExitCode::usage);
  // splice() to a client that has gone, and OpenSSL's writes, know no MSG_NOSIGNAL.
  ::signal(SIGPIPE, SIG_IGN);
  return invocation->subcommand->run(resolved.settings);
}

}  // namespace
}  // namespace harbor_router

int main(int argc, char** argv) {
  int exit_code = harbor_router::code(harbor_router::ExitCode::failure);
  try {
    exit_code = harbor_router::run({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::exception& error) {
    harbor_router::complain(error.what());
  }
  harbor_router::end_process(exit_code);  // commands leave threads, and questions (server::Inquiry)
}
