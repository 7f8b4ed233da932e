#include "cmd/options/values.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/base/duration.hpp"
#include "harbor_router/base/size.hpp"
#include "harbor_router/oci/name.hpp"

namespace harbor_router::options {
namespace {

using base::Result;

base::Failure wrong(std::string_view text, std::string_view why) {
  return base::failure(base::Errc::invalid, fmt::format("\"{}\" {}", text, why));
}

template <class Enum>
Result<Enum> parse_choice(std::string_view text,
                          std::initializer_list<std::pair<std::string_view, Enum>> choices) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (text == name) return value;
    if (!names.empty()) names += ", ";
    names += name;
  }
  return wrong(text, fmt::format("is not one of {}", names));
}

bool has_control_character(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

}  // namespace

Result<std::uint64_t> parse_count(std::string_view text, Bounds bounds) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc::invalid_argument || stopped != end) {
    return wrong(text, fmt::format("is no whole number; write one from {} to {}", bounds.least,
                                   bounds.most));
  }
  if (error != std::errc{} || count < bounds.least || count > bounds.most) {
    return wrong(text, fmt::format("is out of range; write a number from {} to {}", bounds.least,
                                   bounds.most));
  }
  return count;
}

Result<Duration> parse_any_duration(std::string_view text) {
  constexpr std::chrono::hours kYear{365 * 24};
  auto parsed = base::parse_duration(text);
  if (parsed && *parsed > kYear)
    return wrong(text, fmt::format("is longer than a year; write {}h at most", kYear.count()));
  return parsed;
}

Result<Duration> parse_positive_duration(std::string_view text) {
  auto parsed = parse_any_duration(text);
  if (parsed && parsed->count() == 0) return wrong(text, "is nothing; write one such as 10s");
  return parsed;
}

Result<std::uint64_t> parse_cache_size(std::string_view text) {
  constexpr std::uint64_t kLeast = 64U << 10U, kMost = std::uint64_t{1} << 40U;
  auto parsed = base::parse_size(text);
  if (parsed && *parsed != 0 && (*parsed < kLeast || *parsed > kMost))
    return wrong(text, "is not from 64KiB to 1TiB; write one such as 256MiB, or 0 to keep nothing");
  return parsed;
}

Result<std::string> parse_project_name(std::string_view text) {
  const auto repository = oci::Repository::parse(text);
  if (!repository || !repository->has_single_component()) {
    return wrong(text,
                 "is no project name; write one such as proxy: lower-case letters and digits, "
                 "single '.', '_' or '-' between them, no '/'");
  }
  if (text == "v2") return wrong(text, "is taken by the registry API; write one such as proxy");
  return std::string(text);
}

Result<std::string> parse_platform(std::string_view text) {
  const auto slash = text.find('/');
  const bool two_parts = slash != std::string_view::npos && slash > 0 && slash + 1 < text.size();
  const bool plain = std::ranges::all_of(text, [](char c) {
    return base::is_lower_alphanumeric(c) || c == '/' || c == '_' || c == '-' || c == '.';
  });
  if (!two_parts || !plain || text.ends_with('/'))
    return wrong(text, "is no platform; write one such as linux/amd64 or linux/arm/v7");
  return std::string(text);
}

Result<OutputFormat> parse_output_format(std::string_view text) {
  return parse_choice<OutputFormat>(
      text,
      {{"table", OutputFormat::table}, {"json", OutputFormat::json}, {"name", OutputFormat::name}});
}

Result<SortBy> parse_sort_by(std::string_view text) {
  return parse_choice<SortBy>(text, {{"image", SortBy::image},
                                     {"hits", SortBy::hits},
                                     {"age", SortBy::age},
                                     {"project", SortBy::project}});
}

Result<AuthMode> parse_auth_mode(std::string_view text) {
  return parse_choice<AuthMode>(
      text, {{"passthrough", AuthMode::passthrough}, {"service", AuthMode::service}});
}

Result<bool> parse_truth(std::string_view text) {
  return parse_choice<bool>(text, {{"true", true}, {"false", false}});
}

Result<std::string> parse_word(std::string_view text) {
  constexpr std::size_t kMost = 64;
  for (const char c : text) {
    if (!base::is_alphanumeric(c) && std::string_view("._-:").find(c) == std::string_view::npos) {
      return wrong(text, "holds something else than letters, digits, '.', '_', '-' and ':'");
    }
  }
  if (text.empty() || text.size() > kMost) return wrong(text, "is not of 1 to 64 characters");
  return std::string(text);
}

Result<observe::Level> parse_log_level(std::string_view text) {
  return parse_choice<observe::Level>(text, {{"debug", observe::Level::debug},
                                             {"info", observe::Level::info},
                                             {"warning", observe::Level::warning},
                                             {"error", observe::Level::error}});
}

Result<observe::Format> parse_log_format(std::string_view text) {
  return parse_choice<observe::Format>(
      text, {{"pretty", observe::Format::pretty}, {"json", observe::Format::json}});
}

Result<std::string> parse_username(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    return base::failure(base::Errc::invalid,
                         "holds a ':', which no Harbor account has; write the name alone, such as "
                         "robot$router");
  }
  return parse_password(text);
}

Result<std::string> parse_password(std::string_view text) {
  if (text.empty()) return base::failure(base::Errc::invalid, "is empty");
  if (has_control_character(text)) {
    return base::failure(base::Errc::invalid,
                         "holds a line break or another control character; write it on one line");
  }
  return std::string(text);
}

}  // namespace harbor_router::options
