// Flags of the commands that ask and show: resolve, discover, cache-inspect; and of who may change
// a running router.
#include "cmd/options/rows.hpp"

namespace harbor_router::options {
namespace {

using namespace rows;

constexpr auto kOutput = &Settings::output;
constexpr auto kResolve = &Settings::resolve;
constexpr auto kInspect = &Settings::inspect;
constexpr Commands kShowing = Commands::resolve | Commands::discover | Commands::cache_inspect;

base::Result<void> router_address(Settings& settings, std::string_view text) {
  settings.router.emplace();  // named, if badly: what asks Harbor is not needed
  auto origin = parse_origin(text);
  if (!origin) return origin.error();
  settings.router = std::move(*origin);
  return {};
}

constexpr Setting kToolkit[] = {
    {.flag = "--check-config",
     .kind = ValueKind::none,
     .group = Group::question,
     .help = "Check the settings, print those in effect and where each came from, and end.",
     .assign = [](Settings& settings, std::string_view) -> base::Result<void> {
       settings.check_config = true;
       return {};
     }},
    {.flag = "--all",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::resolve,
     .help = "Wait for every project's answer. A tag that two projects have with different digests "
             "is a conflict then, and the exit code 6.",
     .assign = set<kResolve, &ResolveSettings::all>},
    {.flag = "--get",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::resolve,
     .help = "Fetch the manifest from the project chosen, and show its media type, size, platforms "
             "and layers. Harbor then stores the image as it does for any pull.",
     .assign = set<kResolve, &ResolveSettings::get>},
    {.flag = "--platform",
     .value_name = "OS/ARCH",
     .group = Group::question,
     .used_by = Commands::resolve,
     .help = "Of an index, fetch the manifest of this platform, such as linux/arm64. Means --get.",
     .assign = into<parse_platform, kResolve, &ResolveSettings::platform>},
    {.flag = "--user",
     .group = Group::question,
     .used_by = Commands::resolve,
     .help = "Ask with the rights of this person. The password is read from standard input (a "
             "terminal is "
             "asked) or --password-file.",
     .assign = into<parse_username, kResolve, &ResolveSettings::user>},
    {.flag = "--password-file",
     .kind = ValueKind::file,
     .group = Group::question,
     .used_by = Commands::resolve,
     .help = "Holds the password of --user.",
     .assign = into<parse_readable_file, kResolve, &ResolveSettings::password_file>},
    {.flag = "--file",
     .short_flag = "-f",
     .kind = ValueKind::file,
     .occurrence = Occurrence::every,
     .group = Group::question,
     .used_by = Commands::resolve,
     .help = "Images, one on each line; blank lines and those that begin with # are skipped. - is "
             "standard input. May be given more than once.",
     .assign = [](Settings& settings, std::string_view text) -> base::Result<void> {
       settings.resolve.images_files.emplace_back(text);
       return {};
     }},
    {.flag = "--projects",
     .kind = ValueKind::file,
     .group = Group::question,
     .used_by = Commands::resolve,
     .help = "The projects as discover -o json printed them, in place of asking Harbor.",
     .assign = into<parse_readable_file, kResolve, &ResolveSettings::projects_file>},
    {.flag = "--dry-run",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::resolve,
     .help = "Ask nobody: show the candidates in their order and the requests they would get.",
     .assign = set<kResolve, &ResolveSettings::dry_run>},
    {.flag = "--watch",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::discover,
     .help = "Go on asking every DISCOVERY_INTERVAL and print what changes, until interrupted. "
             "With -o json each change prints the whole document on one line.",
     .assign = [](Settings& settings, std::string_view) -> base::Result<void> {
       settings.watch = true;
       return {};
     }},
    {.flag = "--server",
     .kind = ValueKind::url,
     .group = Group::question,
     .used_by = Commands::resolve,
     .help = "Ask a running router, at its METRICS_ADDR, what it would do and what it remembers.",
     .assign = router_address},
    {.flag = "--server",
     .fallback = "http://127.0.0.1:9090",
     .kind = ValueKind::url,
     .group = Group::question,
     .used_by = Commands::cache_inspect,
     .help = "The running router to look into, at its METRICS_ADDR.",
     .assign = into<parse_origin, kInspect, &InspectSettings::router>},
    {.flag = "--redis",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::cache_inspect,
     .help = "Look into Redis, at REDIS_SENTINELS or REDIS_URL, in place of a running router.",
     .assign = set<kInspect, &InspectSettings::redis>},
    {.flag = "--snapshot",
     .kind = ValueKind::file,
     .group = Group::question,
     .used_by = Commands::cache_inspect,
     .help = "Look into a file that CACHE_SNAPSHOT_FILE named, in place of a running router.",
     .assign = into<parse_readable_file, kInspect, &InspectSettings::snapshot_file>},
    {.flag = "--stats",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::cache_inspect,
     .help = "Show totals in place of the entries, and the images asked for most where a running "
             "router is looked into.",
     .assign = set<kInspect, &InspectSettings::stats>},
    {.flag = "--sort",
     .kind = ValueKind::choice,
     .choices = "image|hits|age|project",
     .group = Group::question,
     .used_by = Commands::cache_inspect,
     .help = "Sort the entries; the most hits and the youngest come first, which a running router "
             "alone knows. Unset, they come as they are read, however many there are.",
     .assign = into<parse_sort_by, kInspect, &InspectSettings::sort>},
    {.flag = "--limit",
     .kind = ValueKind::count,
     .group = Group::question,
     .used_by = Commands::cache_inspect,
     .help = "Show so many entries at most.",
     .assign = into<count<1, 1'000'000'000>, kInspect, &InspectSettings::limit>},
    {.flag = "--purge",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::cache_inspect,
     .help =
         "Remove what the pattern matches, after showing how many entries those are and asking. "
         "A running router wants ADMIN_TOKEN.",
     .assign = set<kInspect, &InspectSettings::purge>},
    {.flag = "--yes",
     .short_flag = "-y",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::cache_inspect,
     .help = "Purge without asking.",
     .assign = set<kInspect, &InspectSettings::yes>},
    {.flag = "--output",
     .short_flag = "-o",
     .fallback = "table",
     .kind = ValueKind::choice,
     .choices = "table|json|name",
     .group = Group::output,
     .used_by = kShowing,
     .help = "How the result is printed: for people, for programs, or names alone.",
     .assign = into<parse_output_format, kOutput, &OutputSettings::format>},
    {.flag = "--no-color",
     .kind = ValueKind::none,
     .group = Group::output,
     .used_by = kShowing,
     .help =
         "No colour on a terminal either. The variable NO_COLOR, set to anything, does the same.",
     .assign = [](Settings& settings, std::string_view) -> base::Result<void> {
       settings.output.colour = Colour::never;
       return {};
     }},
    {.variable = "ADMIN_TOKEN",
     .group = Group::listener,
     .used_by = Commands::serve | Commands::cache_inspect,
     .help = "Who sends it as Bearer to METRICS_ADDR may remove mappings from a running router. "
             "Unset, nobody may.",
     .assign = [](Settings& settings, std::string_view text) -> base::Result<void> {
       auto token = parse_password(text);
       if (!token) return token.error();
       settings.admin_token.value = std::move(*token);
       return {};
     },
     .secret = [](Settings& settings) -> Secret& { return settings.admin_token; }},
};

}  // namespace

std::span<const Setting> toolkit_rows() {
  return kToolkit;
}

}  // namespace harbor_router::options
