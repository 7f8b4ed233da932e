#include "cmd/options/resolve.hpp"

#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>

#include "cmd/options/values.hpp"

namespace harbor_router::options {
namespace {

struct Found {
  std::string name;  // as the person wrote it
  std::vector<std::string> values;
  Source source = Source::fallback;
  std::string file;  // of Source::file

  [[nodiscard]] std::string value() const { return fmt::format("{}", fmt::join(values, " ")); }
};

class Resolver {
 public:
  explicit Resolver(const ResolveRequest& request) : request_(request) {}

  Resolved run() && {
    for (const auto& row : request_.rows) {
      if (includes(row.used_by, request_.command)) take(row);
    }
    if (!out_.settings.demo) {
      for (const auto* row : missing_) {
        out_.problems.push_back(
            fmt::format("{} is missing: {} Set it, or {}_FILE to the path of a file that holds it",
                        row->variable, row->help, row->variable));
      }
    }
    check_together();
    return std::move(out_);
  }

 private:
  void take(const Setting& row) {
    const auto problems_before = out_.problems.size();
    const auto found = find(row);
    if (!found) {
      const bool absent = out_.problems.size() == problems_before;
      if (absent && includes(row.required_by, request_.command)) missing_.push_back(&row);
      return;
    }
    const auto assigned = assign(row, *found);
    if (!assigned) {
      if (found->source == Source::fallback) throw std::logic_error(problem(*found, assigned));
      out_.problems.push_back(problem(*found, assigned));
      return;
    }
    if (row.secret != nullptr) row.secret(out_.settings).file = found->file;
    out_.settings.effective.push_back({.name = row.variable.empty() ? row.flag : row.variable,
                                       .value = row.secret != nullptr ? "(secret)" : found->value(),
                                       .source = found->source});
  }

  base::Result<void> assign(const Setting& row, const Found& found) {
    for (const auto& value : found.values) {
      const auto assigned = row.assign(out_.settings, value);
      if (!assigned) return assigned;
    }
    return {};
  }

  std::optional<Found> find(const Setting& row) {
    if (const auto flag = request_.flags.find(row.flag); flag != request_.flags.end()) {
      return Found{.name = flag->first, .values = flag->second, .source = Source::flag, .file = {}};
    }
    if (row.secret != nullptr) {
      const auto name = fmt::format("{}_FILE", row.variable);
      if (auto path = variable(name)) return from_file(name, std::move(*path));
    }
    if (auto value = variable(row.variable)) {
      return Found{.name = std::string(row.variable),
                   .values = {std::move(*value)},
                   .source = Source::variable,
                   .file = {}};
    }
    if (row.fallback.empty()) return std::nullopt;
    return Found{.name = std::string(row.variable),
                 .values = {std::string(row.fallback)},
                 .source = Source::fallback,
                 .file = {}};
  }

  std::optional<Found> from_file(const std::string& name, std::string path) {
    auto content = read_secret_file(path);
    if (!content) {
      out_.problems.push_back(fmt::format("{}: {}", name, content.error().detail));
      return std::nullopt;
    }
    return Found{.name = name,
                 .values = {std::move(*content)},
                 .source = Source::file,
                 .file = std::move(path)};
  }

  std::optional<std::string> variable(std::string_view name) const {
    if (name.empty()) return std::nullopt;
    auto value = request_.environment(name);
    if (value && value->empty()) return std::nullopt;
    return value;
  }

  static std::string problem(const Found& found, const base::Result<void>& assigned) {
    return fmt::format("{}: {}", found.name, assigned.error().detail);
  }

  // What each value alone cannot tell.
  void check_together() {
    const auto& listener = out_.settings.listener;
    if (overlap(listener.address, listener.metrics)) {
      out_.problems.push_back(
          fmt::format("LISTEN_ADDR and METRICS_ADDR overlap: one would take the other's clients; "
                      "give one of them another "
                      "port than {}",
                      listener.address.port));
    }
    const auto& shared = out_.settings.shared_cache;
    if (shared.url && !shared.sentinels.empty()) {
      out_.problems.push_back(
          "REDIS_URL and REDIS_SENTINELS are both set; a single server has no Sentinels: unset one "
          "of them");
    }
  }

  const ResolveRequest& request_;
  Resolved out_;
  std::vector<const Setting*> missing_;  // rows that must be set and are not
};

}  // namespace

const char* to_string(Source source) noexcept {
  switch (source) {
    case Source::flag:
      return "flag";
    case Source::variable:
      return "variable";
    case Source::file:
      return "file";
    case Source::fallback:
      return "default";
  }
  return "?";
}

std::optional<std::string> process_environment(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Resolved resolve_settings(const ResolveRequest& request) {
  return Resolver(request).run();
}

}  // namespace harbor_router::options
