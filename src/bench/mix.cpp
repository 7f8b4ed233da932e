#include "harbor_router/bench/mix.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

#include <fmt/format.h>

namespace harbor_router::bench {

namespace {

constexpr unsigned most_weight = 1000;
constexpr std::array names = {std::string_view("manifest"), std::string_view("head"),
                              std::string_view("blob")};

base::Failure no_mix(std::string_view text, std::string_view why) {
  return base::failure(
      base::Errc::invalid,
      fmt::format("\"{}\" {}; write one such as manifest:8,head:1,blob:1", text, why));
}

std::optional<unsigned> weight_of(std::string_view text) {
  unsigned weight = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, weight);
  if (error != std::errc{} || stopped != end || weight > most_weight) return std::nullopt;
  return weight;
}

}  // namespace

std::string_view to_string(Kind kind) noexcept {
  return names[static_cast<std::size_t>(kind)];
}

base::Result<Weights> parse_mix(std::string_view text) {
  Weights weights{};
  std::array<bool, kinds> given{};
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view part = text.substr(at, comma - at);
    const std::size_t colon = part.find(':');
    const auto name = std::find(names.begin(), names.end(), part.substr(0, colon));
    if (name == names.end()) return no_mix(text, "names another kind than manifest, head and blob");
    const auto kind = static_cast<std::size_t>(name - names.begin());
    if (given[kind]) return no_mix(text, fmt::format("names {} twice", *name));
    given[kind] = true;
    const auto weight =
        colon == std::string_view::npos ? std::optional(1U) : weight_of(part.substr(colon + 1));
    if (!weight) return no_mix(text, "has a weight that is no whole number from 0 to 1000");
    weights[kind] = *weight;
    at = comma + 1;
  }
  if (std::accumulate(weights.begin(), weights.end(), 0U) == 0)
    return no_mix(text, "asks for nothing");
  return weights;
}

// Smooth weighted round robin: at each place the kind that is furthest behind its share.
Mix::Mix(const Weights& weights) : weights_(weights) {
  const unsigned divisor = std::accumulate(weights_.begin(), weights_.end(), 0U,
                                           [](unsigned a, unsigned b) { return std::gcd(a, b); });
  for (unsigned& weight : weights_) weight /= std::max(divisor, 1U);
  const auto total =
      static_cast<std::int64_t>(std::accumulate(weights_.begin(), weights_.end(), 0U));
  std::array<std::int64_t, kinds> behind{};
  std::array<std::uint64_t, kinds> so_far{};
  for (std::int64_t i = 0; i < total; ++i) {
    for (std::size_t k = 0; k < kinds; ++k) behind[k] += weights_[k];
    const auto chosen =
        static_cast<std::size_t>(std::max_element(behind.begin(), behind.end()) - behind.begin());
    behind[chosen] -= total;
    cycle_.push_back({.kind = static_cast<Kind>(chosen), .nth = so_far[chosen]++});
  }
}

Mix::Pick Mix::pick(std::uint64_t number) const noexcept {
  Pick pick = cycle_[number % cycle_.size()];
  pick.nth += number / cycle_.size() * weights_[static_cast<std::size_t>(pick.kind)];
  return pick;
}

}  // namespace harbor_router::bench
