// What the rows_*.cpp share: how a value is read into its field, and the arrays they hold, one for
// the settings of each feature.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "cmd/options/program.hpp"
#include "cmd/options/values.hpp"

namespace harbor_router::options {

[[nodiscard]] std::span<const Setting> pull_through_rows();
[[nodiscard]] std::span<const Setting> passthrough_authentication_rows();
[[nodiscard]] std::span<const Setting> reliability_rows();
[[nodiscard]] std::span<const Setting> manifest_cache_rows();
[[nodiscard]] std::span<const Setting> toolkit_rows();
[[nodiscard]] std::span<const Setting> shared_cache_rows();
[[nodiscard]] std::span<const Setting> bench_rows();

namespace rows {

template <std::uint64_t least, std::uint64_t most>
base::Result<std::uint64_t> count(std::string_view text) {
  return parse_count(text, {.least = least, .most = most});
}

// A flag without a value, into settings.*group.*field.
template <auto group, auto field>
base::Result<void> set(Settings& settings, std::string_view) {
  settings.*group.*field = true;
  return {};
}

inline base::Result<std::string> text_as_written(std::string_view text) {
  return std::string(text);
}

// Reads with parse into settings.*group.*field.
template <auto parse, auto group, auto field>
base::Result<void> into(Settings& settings, std::string_view text) {
  auto value = parse(text);
  if (!value) return value.error();
  auto& target = settings.*group.*field;
  using Target = std::remove_reference_t<decltype(target)>;
  if constexpr (std::is_integral_v<Target>) {
    target = static_cast<Target>(*value);
  } else {
    target = std::move(*value);
  }
  return {};
}

template <auto parse, auto group, auto field>
base::Result<void> into_secret(Settings& settings, std::string_view text) {
  auto value = parse(text);
  if (!value) return value.error();
  (settings.*group.*field).value = std::move(*value);
  return {};
}

template <auto group, auto field>
Secret& secret(Settings& settings) {
  return settings.*group.*field;
}

inline constexpr auto any_duration = parse_any_duration;
inline constexpr auto positive = parse_positive_duration;
inline constexpr Commands kAsking = Commands::serve | Commands::resolve | Commands::discover;
inline constexpr Commands kResolving = Commands::serve | Commands::resolve;
inline constexpr auto kHarbor = &Settings::harbor;
inline constexpr auto kUpstream = &Settings::upstream;
inline constexpr auto kListener = &Settings::listener;
inline constexpr auto kClients = &Settings::clients;
using H = HarborSettings;
using U = UpstreamSettings;
using L = ListenerSettings;
using C = ClientSettings;

}  // namespace rows
}  // namespace harbor_router::options
