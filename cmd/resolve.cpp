// resolve: which project an image comes from, and why.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "cmd/image_list.hpp"
#include "cmd/options/values.hpp"
#include "cmd/output.hpp"
#include "cmd/resolution_text.hpp"
#include "cmd/router_client.hpp"
#include "cmd/server_settings.hpp"
#include "cmd/subcommands.hpp"
#include "harbor_router/base/base64.hpp"
#include "harbor_router/base/json_text.hpp"
#include "harbor_router/oci/image_name.hpp"
#include "harbor_router/oci/query.hpp"
#include "harbor_router/server/inquiry.hpp"

namespace harbor_router {

namespace {

using base::Errc;
using base::failure;
using server::Document;
using server::Json;
using server::ResolveRequest;
using Resolutions = std::vector<base::Result<Document>>;

std::string no_image_name(const std::string& text) {
  return fmt::format(
      "\"{}\" is no image name; write one such as nginx, org/app:v1 or ghcr.io/org/app@sha256:...",
      text);
}

// Every image there is to ask for, each a name; or what is wrong with those of the files.
base::Result<std::vector<std::string>> images_of(const options::Settings& given) {
  std::vector<std::string> images = given.arguments;
  std::string wrong;
  for (const std::string& path : given.resolve.images_files) {
    const auto listed = read_image_list(path);
    if (!listed) return failure(Errc::invalid, "--file: " + listed.error().detail);
    for (const std::string& image : *listed) {
      if (!oci::parse_image_name(image)) wrong += "--file: " + no_image_name(image) + '\n';
      images.push_back(image);
    }
  }
  if (!wrong.empty()) return failure(Errc::invalid, wrong);
  if (images.empty()) return failure(Errc::invalid, "--file: there is no image in it");
  return images;
}

base::Result<std::string> password_of(const options::ResolveSettings& given) {
  if (!given.password_file.empty()) return options::read_secret_file(given.password_file);
  std::string password;
  const Unechoed unechoed("Password of " + given.user + ": ");
  if (!std::getline(std::cin, password) || password.empty())
    return failure(Errc::invalid,
                   "--user: no password on standard input; write it there, or use --password-file");
  if (password.ends_with('\r')) password.pop_back();
  return options::parse_password(password);
}

base::Result<Document> read_projects(const std::string& path) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto json = base::read_json<Json>(text);
  if (json.is_discarded())
    return failure(Errc::invalid, fmt::format("--projects: \"{}\" is no JSON; write what "
                                              "\"harbor-router discover -o json\" prints",
                                              path));
  return Document{std::move(json)};
}

bool is_default(const options::Settings& given, std::string_view name) {
  return std::any_of(given.effective.begin(), given.effective.end(),
                     [&](const options::EffectiveSetting& setting) {
                       return setting.name == name && setting.source == options::Source::fallback;
                     });
}

Resolutions ask_router(const options::Settings& given, const std::vector<std::string>& images,
                       const std::function<void(std::size_t)>& on_answer) {
  // The router waits that long for each project.
  RouterClient router(*given.router, given.resolver.timeout + std::chrono::seconds(5));
  std::vector<RouterClient::Request> requests;
  for (const std::string& image : images)
    requests.push_back({.target = "/debug/resolve?image=" + oci::percent_encoded(image) +
                                  (given.resolve.all ? "&all=1" : "")});
  Resolutions answers = router.ask_all(requests, on_answer);
  for (auto& answer : answers)
    if (answer && text_at(answer->json, "verdict").empty())
      answer = failure(Errc::unexpected_answer,
                       fmt::format("what answers at {} tells no verdict; is this a router's "
                                   "METRICS_ADDR?",
                                   given.router->url()));
  return answers;
}

base::Result<Resolutions> ask_harbor(const options::Settings& given,
                                     const std::vector<std::string>& images,
                                     const std::function<void(std::size_t)>& on_answer) {
  const options::ResolveSettings& asked = given.resolve;
  std::string basic;
  if (!asked.user.empty()) {
    auto password = password_of(asked);
    if (!password) return password.error();
    basic = "Basic " + base::base64_encode(asked.user + ':' + *password);
  }
  observe::Log log({.level = observe::Level::error, .format = given.log.format});
  observe::Registry metrics;
  base::Result<Document> projects = Document{};
  server::Settings settings = server_settings(given);
  if (!asked.projects_file.empty()) {
    projects = read_projects(asked.projects_file);
    if (!projects) return projects.error();
    // Shown only: credentials go to no host that a file names.
    if (asked.dry_run && is_default(given, "HARBOR_URL"))
      if (auto told = options::parse_origin(text_at(projects->json, "harbor")))
        settings.upstream.harbor = std::move(*told);
  }
  server::Inquiry inquiry(std::move(settings), log, metrics);
  if (!asked.projects_file.empty()) {
    if (auto used = inquiry.use(projects->json); !used)
      return failure(Errc::invalid, fmt::format("--projects: {}", used.error().detail));
  } else {
    const auto discovered = inquiry.discover();
    if (!discovered) return discovered.error();
    for (const Json& warning : discovered->json["warnings"])
      complain("warning: " + warning.get<std::string>());
  }
  const bool fetches = asked.get || !asked.platform.empty();
  std::vector<ResolveRequest> requests;
  for (const std::string& image : images)
    requests.push_back({.image = image,
                        .wait = asked.all ? ResolveRequest::Projects::all
                                          : ResolveRequest::Projects::until_decided,
                        .manifest = fetches ? ResolveRequest::Manifest::fetched
                                            : ResolveRequest::Manifest::not_fetched,
                        .platform = asked.platform,
                        .basic = basic});
  if (!asked.dry_run) return inquiry.resolve(requests, on_answer);
  Resolutions planned;
  for (const ResolveRequest& request : requests) planned.push_back(inquiry.plan(request));
  return planned;
}

// In JSON an image that could not be asked for has its place too.
std::string json_of(const std::vector<std::string>& images, const Resolutions& resolutions) {
  Json all = Json::array();
  for (std::size_t i = 0; i < images.size(); ++i)
    all.push_back(resolutions[i]
                      ? resolutions[i]->json
                      : Json{{"image", images[i]}, {"error", resolutions[i].error().detail}});
  return base::json_text(all.size() == 1 ? all.front() : all, 2) + '\n';
}

void show(const options::OutputSettings& output, const std::vector<std::string>& images,
          const Resolutions& resolutions) {
  if (output.format == options::OutputFormat::json) return print(json_of(images, resolutions));
  std::string out;
  for (const auto& each : resolutions) {
    // A line for each image, so that they can be read side by side.
    if (!each && output.format == options::OutputFormat::name) out += "-\n";
    if (!each) continue;
    if (output.format == options::OutputFormat::name) out += resolution_name(each->json) + '\n';
    if (output.format == options::OutputFormat::table)
      out +=
          (out.empty() ? "" : "\n") +
          resolution_text(each->json, {.coloured = is_coloured(output), .width = output_width()});
  }
  print(out);
}

}  // namespace

std::vector<std::string> check_resolve(const options::Settings& given) {
  const options::ResolveSettings& asked = given.resolve;
  std::vector<std::string> problems;
  if (given.arguments.empty() && asked.images_files.empty())
    problems.emplace_back("no image is named; write one, such as nginx:latest");
  for (const std::string& image : given.arguments)
    if (!oci::parse_image_name(image)) problems.push_back(no_image_name(image));
  if (given.router && (asked.dry_run || asked.get || !asked.user.empty() ||
                       !asked.projects_file.empty() || !asked.platform.empty()))
    problems.emplace_back(
        "--server asks a running router; --get, --platform, --user, --projects and --dry-run are "
        "for asking Harbor");
  if (!asked.password_file.empty() && asked.user.empty())
    problems.emplace_back("--password-file is without --user; name whose password it is");
  const auto from_input = std::ranges::count(asked.images_files, "-");
  if (from_input > 1) problems.emplace_back("--file - is given twice; there is one standard input");
  if (!asked.user.empty() && asked.password_file.empty() && from_input > 0)
    problems.emplace_back("--user and --file - both read standard input; use --password-file");
  const bool offline = asked.dry_run && !asked.projects_file.empty();
  if (given.router || offline) return problems;
  for (const auto& [secret, name] : {std::pair{&given.harbor.username, "HARBOR_USERNAME"},
                                     std::pair{&given.harbor.password, "HARBOR_PASSWORD"}})
    if (secret->value.empty())
      problems.push_back(fmt::format(
          "{0} is missing: set it, or {0}_FILE to the path of a file that holds it", name));
  return problems;
}

int run_resolve(const options::Settings& given) {
  const auto images = images_of(given);
  if (!images) return failed(images.error());
  base::Result<Resolutions> resolutions = Resolutions();
  {
    Progress progress;
    const auto on_answer = [&](std::size_t answered) {
      if (images->size() > 1) progress.show(fmt::format("{} of {}", answered, images->size()));
    };
    if (given.router)
      resolutions = ask_router(given, *images, on_answer);
    else
      resolutions = ask_harbor(given, *images, on_answer);
  }
  if (!resolutions) return failed(resolutions.error());
  show(given.output, *images, *resolutions);
  ExitCode worst = ExitCode::success;
  for (std::size_t i = 0; i < resolutions->size(); ++i) {
    const auto& each = (*resolutions)[i];
    if (!each) complain(fmt::format("{}: {}", (*images)[i], each.error().detail));
    worst =
        std::max(worst, each ? resolution_exit_code(each->json) : exit_code_of(each.error().code));
  }
  return code(worst);
}

}  // namespace harbor_router
