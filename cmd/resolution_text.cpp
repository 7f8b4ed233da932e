#include "cmd/resolution_text.hpp"

#include <fmt/format.h>

#include "cmd/text_table.hpp"
#include "harbor_router/base/size.hpp"

namespace harbor_router {

using server::Json;

namespace {

std::string milliseconds_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return "";
  return fmt::format("{:.1f}ms", found->get<double>());
}

std::string number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->dump() : std::string();
}

std::string shown(const Json& object, const char* key) {
  return printable(text_at(object, key));
}

// "sha256:0123456789ab": enough to tell two apart.
std::string short_digest(const std::string& digest) {
  const std::size_t colon = digest.find(':');
  return colon == std::string::npos ? digest : digest.substr(0, colon + 13);
}

std::string projects_table(const Json& projects, std::size_t width) {
  bool planned = false;
  for (const Json& row : projects) planned = planned || row.contains("request");
  if (planned) {
    std::string lines;
    for (const Json& row : projects) lines += "  " + shown(row, "request") + '\n';
    return lines;
  }
  Table table({"PROJECT", "REGISTRY", "ASKED FOR", "STATUS", "OUTCOME", "TIME", "DIGEST"});
  for (const Json& row : projects)
    table.add({text_at(row, "project"), text_at(row, "registry"),
               text_at(row, "upstream_repository"), number_at(row, "status"),
               text_at(row, "outcome"), milliseconds_at(row, "duration_ms"),
               short_digest(text_at(row, "digest"))});
  return table.text(width);
}

std::string manifest_text(const Json& manifest) {
  std::string out = fmt::format("  manifest {}, {} bytes\n", shown(manifest, "media_type"),
                                number_at(manifest, "size"));
  if (const auto platforms = manifest.find("platforms"); platforms != manifest.end())
    for (const Json& row : *platforms)
      out += fmt::format("  platform {:<16} {}\n", shown(row, "platform"),
                         short_digest(shown(row, "digest")));
  if (const auto layers = manifest.find("layers"); layers != manifest.end())
    for (const Json& row : *layers)
      out += fmt::format("  layer    {} {:>12} bytes\n", short_digest(shown(row, "digest")),
                         number_at(row, "size"));
  return out;
}

}  // namespace

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string resolution_text(const Json& resolution, TextStyle style) {
  const std::string verdict = text_at(resolution, "verdict");
  const std::string project = text_at(resolution, "project");
  const bool chosen = verdict == "chosen";
  const std::string what = printable(chosen ? project : verdict);
  const Tint tint = chosen ? Tint::green : verdict == "waiting" ? Tint::faint : Tint::red;
  std::string out =
      fmt::format("{} -> {}\n", tinted(shown(resolution, "image"), Tint::bold, style.coloured),
                  tinted(verdict == "waiting" ? "not asked" : what, tint, style.coloured));
  out += fmt::format("  {}\n", shown(resolution, "reason"));
  if (const std::string rules = shown(resolution, "rules"); !rules.empty())
    out += fmt::format("  {}\n", rules);
  if (const std::string digest = shown(resolution, "digest"); !digest.empty())
    out += fmt::format("  {}\n", digest);
  if (const std::string cache = shown(resolution, "cache"); cache != "absent")
    out += fmt::format("  remembered: {}\n", cache);
  if (resolution.value("conflict", false))
    out +=
        fmt::format("  {}\n", tinted("conflict: other projects have this tag with another digest",
                                     Tint::yellow, style.coloured));
  if (const auto manifest = resolution.find("manifest"); manifest != resolution.end())
    out += manifest_text(*manifest);
  if (const auto projects = resolution.find("projects");
      projects != resolution.end() && !projects->empty())
    out += projects_table(*projects, style.width);
  for (const Json& row : resolution.value("projects", Json::array()))
    if (const std::string detail = shown(row, "detail"); !detail.empty())
      out += fmt::format("  {}: {}\n", shown(row, "project"), detail);
  return out;
}

std::string resolution_name(const Json& resolution) {
  const std::string project = text_at(resolution, "project");
  if (text_at(resolution, "verdict") != "chosen") return "-";
  for (const Json& row : resolution["projects"])
    if (text_at(row, "project") == project)
      return printable(project + '/' + text_at(row, "upstream_repository"));
  return printable(project);
}

ExitCode resolution_exit_code(const Json& resolution) {
  const std::string verdict = text_at(resolution, "verdict");
  if (verdict == "chosen")
    return resolution.value("conflict", false) ? ExitCode::conflict : ExitCode::success;
  if (verdict == "waiting") return ExitCode::success;  // a plan
  if (verdict == "not_found" || verdict == "no_candidate") return ExitCode::not_found;
  if (verdict == "refused" || verdict == "all_refused" || verdict == "blocked")
    return ExitCode::refused;
  return ExitCode::upstream;
}

}  // namespace harbor_router
