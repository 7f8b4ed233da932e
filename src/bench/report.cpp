#include "harbor_router/bench/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "harbor_router/base/duration.hpp"

namespace harbor_router::bench {

namespace {

double rounded(double value, int digits) {
  if (value <= 0) return 0;
  const double scale = std::pow(10, digits - 1 - std::floor(std::log10(value)));
  return std::round(value * scale) / scale;
}

}  // namespace

std::string short_duration(Nanoseconds duration) {
  return base::format_duration(
      Nanoseconds(std::llround(rounded(static_cast<double>(duration.count()), 3))));
}

std::string short_bytes(double bytes) {
  constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  const double size = std::abs(bytes);
  double shown = size;
  for (; shown >= 1024 && unit + 1 < units.size(); ++unit) shown /= 1024;
  return fmt::format("{}{:.{}f} {}", bytes < 0 ? "-" : "", shown, unit == 0 ? 0 : 1, units[unit]);
}

std::vector<Range> ranges_of(const Histogram& histogram, std::size_t about) {
  std::vector<Range> ranges;
  if (histogram.count() == 0 || about == 0) return ranges;
  // What is rare at both ends goes into the outer ranges, so that the middle shows its shape.
  const double low = std::max<double>(1, static_cast<double>(histogram.percentile(0.5).count()));
  const double high = std::max(low * 1.01, static_cast<double>(histogram.percentile(99.5).count()));
  Nanoseconds from{0};
  for (std::size_t i = 1; i <= about; ++i) {
    const double at =
        low * std::pow(high / low, static_cast<double>(i) / static_cast<double>(about));
    const Nanoseconds to = i == about ? Histogram::longest + Nanoseconds(1)
                                      : Nanoseconds(std::llround(rounded(at, 3)));
    if (to <= from) continue;
    const std::uint64_t count = histogram.count_between(from, to);
    if (count > 0 || !ranges.empty()) ranges.push_back({.from = from, .to = to, .count = count});
    from = to;
  }
  while (!ranges.empty() && ranges.back().count == 0) ranges.pop_back();
  if (!ranges.empty()) {
    ranges.front().from = std::max(ranges.front().from, histogram.smallest());
    ranges.back().to = std::min(ranges.back().to, histogram.largest());
  }
  return ranges;
}

}  // namespace harbor_router::bench
