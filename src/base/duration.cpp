#include "harbor_router/base/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace harbor_router::base {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

// Longest name first where one begins with another.
constexpr std::array kUnits = {Unit{"ns", 1},
                               Unit{"us", 1'000},
                               Unit{"\u00b5s", 1'000},
                               Unit{"\u03bcs", 1'000},
                               Unit{"ms", 1'000'000},
                               Unit{"s", 1'000'000'000},
                               Unit{"m", 60'000'000'000},
                               Unit{"h", 3'600'000'000'000}};

Failure wrong(std::string_view text, std::string_view why) {
  return failure(Errc::invalid,
                 fmt::format("\"{}\" {}; write one such as 300ms, 10s or 2h30m", text, why));
}

std::string_view take_digits(std::string_view& rest) {
  const auto end = rest.find_first_not_of("0123456789");
  const auto digits = rest.substr(0, end);
  rest.remove_prefix(digits.size());
  return digits;
}

const Unit* take_unit(std::string_view& rest) {
  for (const auto& unit : kUnits) {
    if (rest.starts_with(unit.name)) {
      rest.remove_prefix(unit.name.size());
      return &unit;
    }
  }
  return nullptr;
}

// digits.fraction units in nanoseconds, or nothing when it does not fit. Digits of the fraction
// that mean less than a nanosecond are dropped.
std::optional<std::uint64_t> scaled(std::string_view digits, std::string_view fraction,
                                    std::uint64_t unit) {
  std::uint64_t whole = 0;
  if (!digits.empty() &&
      std::from_chars(digits.data(), digits.data() + digits.size(), whole).ec != std::errc{}) {
    return std::nullopt;
  }
  if (whole > kMost / unit) return std::nullopt;
  std::uint64_t total = whole * unit;
  std::uint64_t place = unit;
  for (const char digit : fraction) {
    total += place * static_cast<std::uint64_t>(digit - '0') / 10;
    place /= 10;
  }
  return total;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (text.starts_with('-')) return wrong(text, "is negative");
  std::uint64_t total = 0;
  std::string_view rest = text;
  if (rest.starts_with('+')) rest.remove_prefix(1);  // as in Go
  if (rest == "0") return std::chrono::nanoseconds{0};
  if (rest.empty()) return wrong(text, "is no duration");
  while (!rest.empty()) {
    const auto digits = take_digits(rest);
    std::string_view fraction;
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      fraction = take_digits(rest);
    }
    if (digits.empty() && fraction.empty()) return wrong(text, "is no duration");
    if (rest.empty()) return wrong(text, "lacks a unit");
    const Unit* unit = take_unit(rest);
    if (unit == nullptr) return wrong(text, "has an unknown unit (h, m, s, ms, us and ns exist)");
    const auto part = scaled(digits, fraction, unit->nanoseconds);
    if (!part || *part > kMost - total) return wrong(text, "is too long");
    total += *part;
  }
  return std::chrono::nanoseconds{static_cast<std::int64_t>(total)};
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration.count() == 0) return "0s";
  std::string out;
  // Unsigned, so that the most negative value has a magnitude too.
  auto rest = static_cast<std::uint64_t>(duration.count());
  if (duration.count() < 0) {
    out = "-";
    rest = std::uint64_t{0} - rest;
  }
  const auto append = [&out](std::uint64_t count, std::uint64_t unit, std::string_view name) {
    auto text =
        fmt::format("{}.{:0{}}", count / unit, count % unit, fmt::formatted_size("{}", unit) - 1);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    out += text;
    out += name;
  };
  if (rest < 1'000) {
    return out + fmt::format("{}ns", rest);
  }
  if (rest < 1'000'000) {
    append(rest, 1'000, "us");
  } else if (rest < 1'000'000'000) {
    append(rest, 1'000'000, "ms");
  } else {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    if (const auto hours = rest / (3'600 * kSecond); hours != 0) out += fmt::format("{}h", hours);
    if (const auto minutes = rest / (60 * kSecond) % 60; minutes != 0) {
      out += fmt::format("{}m", minutes);
    }
    if (const auto seconds = rest % (60 * kSecond); seconds != 0) append(seconds, kSecond, "s");
  }
  return out;
}

}  // namespace harbor_router::base
