// discover: the proxy-cache projects, as the router finds them.
#include <algorithm>

#include <fmt/format.h>

#include "cmd/ending.hpp"
#include "cmd/output.hpp"
#include "cmd/resolution_text.hpp"
#include "cmd/server_settings.hpp"
#include "cmd/subcommands.hpp"
#include "cmd/text_table.hpp"
#include "harbor_router/base/json_text.hpp"
#include "harbor_router/server/inquiry.hpp"

namespace harbor_router {

namespace {

using server::Json;

std::string projects_text(const Json& discovered) {
  Table table({"PROJECT", "ID", "PUBLIC", "TYPE", "REGISTRY", "URL", "HEALTH", "RANK", "EXCLUDED"});
  for (const Json& project : discovered["projects"]) {
    const Json& registry = project["registry"];
    table.add({text_at(project, "name"), project["id"].dump(),
               project["public"].get<bool>() ? "yes" : "no", text_at(registry, "type"),
               text_at(registry, "host"), text_at(registry, "url"), text_at(registry, "status"),
               project["rank"].is_null() ? std::string() : project["rank"].dump(),
               text_at(project, "excluded")});
  }
  return table.text(output_width());
}

std::string counted(std::size_t projects) {
  return projects == 1 ? "1 proxy-cache project" : fmt::format("{} proxy-cache projects", projects);
}

std::string project_names(const Json& discovered) {
  std::string names;
  for (const Json& project : discovered["projects"])
    names += printable(text_at(project, "name")) + '\n';
  return names;
}

// With --watch JSON is a line for each document, so that a program can read them one by one.
void show(const options::Settings& given, const Json& discovered) {
  switch (given.output.format) {
    case options::OutputFormat::json:
      print(base::json_text(discovered, given.watch ? -1 : 2) + '\n');
      return;
    case options::OutputFormat::name:
      print(project_names(discovered));
      return;
    case options::OutputFormat::table:
      print(projects_text(discovered));
      return;
  }
}

const Json* project_named(const Json& discovered, const std::string& name) {
  for (const Json& project : discovered["projects"])
    if (text_at(project, "name") == name) return &project;
  return nullptr;
}

// "registry.status healthy -> unhealthy, public true -> false"
std::string differences(const Json& before, const Json& now) {
  const Json was = before.flatten(), is = now.flatten();
  std::string words;
  const auto tell = [&words](std::string path, const Json& one, const Json& other) {
    std::ranges::replace(path, '/', '.');
    const auto text = [](const Json& value) {
      return value.is_string() ? value.get<std::string>() : base::json_text(value);
    };
    words += fmt::format("{}{} {} -> {}", words.empty() ? "" : ", ", path.substr(1), text(one),
                         text(other));
  };
  for (const auto& [path, value] : is.items())
    if (const auto old = was.find(path); old == was.end() || *old != value)
      tell(path, old == was.end() ? Json() : *old, value);
  for (const auto& [path, value] : was.items())
    if (!is.contains(path)) tell(path, value, Json());
  return printable(words);
}

// "+ quay (quay.io)", "- old", "~ hub: ..." for each difference.
std::string changes(const Json& before, const Json& now) {
  std::string lines;
  for (const Json& project : now["projects"]) {
    const std::string name = text_at(project, "name");
    const Json* const known = project_named(before, name);
    if (known == nullptr)
      lines += fmt::format("+ {} ({})\n", printable(name),
                           printable(text_at(project["registry"], "host")));
    else if (*known != project)
      lines += fmt::format("~ {}: {}\n", printable(name), differences(*known, project));
  }
  for (const Json& project : before["projects"])
    if (project_named(now, text_at(project, "name")) == nullptr)
      lines += fmt::format("- {}\n", printable(text_at(project, "name")));
  return lines;
}

void warn(const Json& discovered) {
  for (const Json& warning : discovered["warnings"])
    complain("warning: " + warning.get<std::string>());
}

int watch(const options::Settings& given, server::Inquiry& inquiry, Json known) {
  std::string said;  // the last failure, told once
  while (!ending_within(given.harbor.discovery_interval)) {
    const auto discovered = inquiry.discover();
    if (!discovered) {
      if (said != discovered.error().detail) complain(discovered.error().detail);
      said = discovered.error().detail;
      continue;
    }
    if (!said.empty()) complain("Harbor answers again");
    said.clear();
    if (given.output.format != options::OutputFormat::json)
      print(changes(known, discovered->json));
    else if (known != discovered->json)
      show(given, discovered->json);
    if (known["warnings"] != discovered->json["warnings"]) warn(discovered->json);
    known = discovered->json;
  }
  return code(ExitCode::success);
}

}  // namespace

int run_discover(const options::Settings& given) {
  if (given.watch) hold_endings();  // before there is a thread that could take them
  observe::Log log({.level = observe::Level::error, .format = given.log.format});
  observe::Registry metrics;
  server::Inquiry inquiry(server_settings(given), log, metrics);
  const base::TimePoint start = base::Clock::now();
  const auto discovered = inquiry.discover();
  if (!discovered) return failed(discovered.error());
  const std::chrono::duration<double, std::milli> took = base::Clock::now() - start;
  show(given, discovered->json);
  if (given.output.format == options::OutputFormat::table)
    complain(fmt::format("{} of {} in {:.1f} ms", counted(discovered->json["projects"].size()),
                         text_at(discovered->json, "harbor"), took.count()));
  warn(discovered->json);
  if (given.watch) return watch(given, inquiry, discovered->json);
  return code(ExitCode::success);
}

}  // namespace harbor_router
