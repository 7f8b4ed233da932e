#include "cmd/options/program.hpp"

#include <algorithm>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::options {

std::string_view title(Group group) noexcept {
  switch (group) {
    case Group::question:
      return "This command";
    case Group::output:
      return "Output";
    case Group::harbor:
      return "Harbor";
    case Group::names:
      return "Names";
    case Group::routing:
      return "Routing";
    case Group::cache:
      return "Cache";
    case Group::shared_cache:
      return "Shared cache";
    case Group::upstream:
      return "Requests to Harbor";
    case Group::listener:
      return "Serving";
    case Group::clients:
      return "Clients";
    case Group::log:
      return "Log";
  }
  return "";
}

std::string_view placeholder(ValueKind kind) noexcept {
  switch (kind) {
    case ValueKind::none:
      return "";
    case ValueKind::text:
      return "NAME";
    case ValueKind::url:
      return "URL";
    case ValueKind::address:
      return "ADDRESS";
    case ValueKind::file:
      return "FILE";
    case ValueKind::duration:
      return "DURATION";
    case ValueKind::size:
      return "SIZE";
    case ValueKind::count:
      return "NUMBER";
    case ValueKind::choice:
      return "CHOICE";
    case ValueKind::networks:
      return "NETWORKS";
  }
  return "";
}

std::string_view value_name_of(const Setting& setting) noexcept {
  return setting.value_name.empty() ? placeholder(setting.kind) : setting.value_name;
}

std::string flag_of(std::string_view variable) {
  std::string flag = "--";
  for (const char c : variable) {
    flag += c == '_' ? '-' : base::lower(c);
  }
  return flag;
}

std::vector<const Setting*> settings_of(const Program& program, const Subcommand& subcommand,
                                        Group group) {
  std::vector<const Setting*> found;
  for (const auto& setting : program.settings) {
    if (setting.group == group && includes(setting.used_by, subcommand.bit)) {
      found.push_back(&setting);
    }
  }
  return found;
}

bool has_variables(const Program& program, const Subcommand& subcommand) noexcept {
  return std::ranges::any_of(program.settings, [&](const Setting& setting) {
    return !setting.variable.empty() && includes(setting.used_by, subcommand.bit);
  });
}

}  // namespace harbor_router::options
