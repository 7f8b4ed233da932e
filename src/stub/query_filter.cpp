#include "stub/query_filter.hpp"

#include <cstdlib>

namespace harbor_router::stub {
namespace {

bool value_matches(std::string_view wanted, std::string_view actual) {
  if (wanted.starts_with('~')) return actual.find(wanted.substr(1)) != actual.npos;
  if (wanted.starts_with('[') && wanted.ends_with(']')) {
    const std::string inner(wanted.substr(1, wanted.size() - 2));
    const auto tilde = inner.find('~');
    const long value = std::atol(std::string(actual).c_str());
    const std::string low = inner.substr(0, tilde);
    const std::string high = tilde == inner.npos ? "" : inner.substr(tilde + 1);
    return (low.empty() || value >= std::atol(low.c_str())) &&
           (high.empty() || value <= std::atol(high.c_str()));
  }
  if ((wanted.starts_with('{') && wanted.ends_with('}'))) {
    std::string_view left = wanted.substr(1, wanted.size() - 2);
    while (!left.empty()) {
      const auto space = left.find(' ');
      if (left.substr(0, space) == actual) return true;
      left = space == left.npos ? "" : left.substr(space + 1);
    }
    return false;
  }
  return wanted == actual;
}

std::optional<std::string> value_of(const HeldProject& project, std::string_view key) {
  const Project& settings = project.settings;
  if (key == "name") return settings.name;
  if (key == "project_id") return std::to_string(settings.id);
  if (key == "registry_id") return std::to_string(settings.registry ? settings.registry->id : 0);
  if (key == "public") return project.is_public() ? "true" : "false";
  return std::nullopt;
}

}  // namespace

std::optional<ProjectFilter> ProjectFilter::parse(std::string_view q) {
  ProjectFilter filter;
  while (!q.empty()) {
    const auto comma = q.find(',');
    const std::string_view term = q.substr(0, comma);
    q = comma == q.npos ? "" : q.substr(comma + 1);
    const auto equals = term.find('=');
    if (equals == term.npos || equals == 0) return std::nullopt;
    filter.terms_.push_back(
        {std::string(term.substr(0, equals)), std::string(term.substr(equals + 1))});
  }
  return filter;
}

void ProjectFilter::also(std::string_view name, std::string_view is_public) {
  if (!name.empty()) terms_.push_back({"name", "~" + std::string(name)});
  if (!is_public.empty()) terms_.push_back({"public", std::string(is_public)});
}

bool ProjectFilter::matches(const HeldProject& project) const {
  for (const Term& term : terms_) {
    const auto actual = value_of(project, term.key);
    if (actual && !value_matches(term.value, *actual)) return false;
  }
  return true;
}

}  // namespace harbor_router::stub
