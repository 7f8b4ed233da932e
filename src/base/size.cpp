#include "harbor_router/base/size.hpp"

#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace harbor_router::base {
namespace {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::uint64_t kKi = 1024;
constexpr std::array kSizeUnits = {SizeUnit{"TiB", kKi* kKi* kKi* kKi},
                                   SizeUnit{"TB", 1'000'000'000'000},
                                   SizeUnit{"GiB", kKi* kKi* kKi},
                                   SizeUnit{"GB", 1'000'000'000},
                                   SizeUnit{"MiB", kKi* kKi},
                                   SizeUnit{"MB", 1'000'000},
                                   SizeUnit{"KiB", kKi},
                                   SizeUnit{"kB", 1'000},
                                   SizeUnit{"KB", 1'000},
                                   SizeUnit{"B", 1},
                                   SizeUnit{"", 1}};

Failure wrong_size(std::string_view text, std::string_view why) {
  return failure(
      Errc::invalid,
      fmt::format("\"{}\" {}; write one such as 64KiB, 512MiB, 10MB or 4096", text, why));
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc::result_out_of_range) return wrong_size(text, "is too large");
  if (error != std::errc{}) return wrong_size(text, "is no size");
  const auto name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& unit : kSizeUnits) {
    if (name != unit.name) continue;
    if (count > std::numeric_limits<std::uint64_t>::max() / unit.bytes) {
      return wrong_size(text, "is too large");
    }
    return count * unit.bytes;
  }
  return wrong_size(text, "has an unknown unit (KiB, MiB, GiB, TiB, kB, MB, GB and TB exist)");
}

std::string format_size(std::uint64_t bytes) {
  for (const auto& unit : kSizeUnits) {
    if (bytes != 0 && unit.bytes > 1 && bytes % unit.bytes == 0) {
      return fmt::format("{}{}", bytes / unit.bytes, unit.name);
    }
  }
  return fmt::format("{}", bytes);
}

}  // namespace harbor_router::base
