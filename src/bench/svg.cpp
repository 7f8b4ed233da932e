#include "bench/svg.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace harbor_router::bench {

namespace {

constexpr double width = 720, height = 260, left = 70, right = 12, top = 30, bottom = 34;

// Round numbers from 0 (or `from`) on that cover the range in about five steps.
std::vector<double> round_steps(double from, double to) {
  const double rough = std::max((to - from) / 5, 1e-9);
  const double scale = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * scale;
  for (const double nice : {1.0, 2.0, 5.0})
    if (nice * scale >= rough) {
      step = nice * scale;
      break;
    }
  std::vector<double> steps;
  for (double at = std::ceil(from / step) * step; at <= to * 1.0001; at += step)
    steps.push_back(at);
  return steps;
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string svg_of(const Plot& plot) {
  double least_x = 1e300, most_x = -1e300, most_y = 0;
  for (const Series& series : plot.series)
    for (const Point& point : series.points) {
      least_x = std::min(least_x, point.x);
      most_x = std::max(most_x, point.x);
      most_y = std::max(most_y, point.y);
    }
  if (most_x < least_x) least_x = most_x = 0;
  if (most_x == least_x) most_x = least_x + 1;
  if (most_y <= 0) most_y = 1;
  const auto x_of = [&](double x) {
    return left + (x - least_x) / (most_x - least_x) * (width - left - right);
  };
  const auto y_of = [&](double y) {
    return height - bottom - y / most_y * (height - top - bottom);
  };

  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n"
      "<text x=\"{}\" y=\"16\" class=\"title\">{}</text>\n",
      width, height, html_escaped(plot.title), left, html_escaped(plot.title));
  for (const double y : round_steps(0, most_y))
    out += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" class=\"grid\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        left, width - right, y_of(y), left - 6, y_of(y) + 4, html_escaped(plot.y_label(y)));
  std::vector<Tick> ticks = plot.x_ticks;
  if (ticks.empty())
    for (const double x : round_steps(least_x, most_x)) ticks.push_back({x, plot.x_label(x)});
  for (const Tick& tick : ticks)
    if (tick.at >= least_x && tick.at <= most_x)
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                         x_of(tick.at), height - bottom + 18, html_escaped(tick.label));
  double legend = width - right;
  for (const Series& series : plot.series) {
    std::string points;
    for (const Point& point : series.points)
      points += fmt::format("{:.1f},{:.1f} ", x_of(point.x), y_of(point.y));
    out += fmt::format("<polyline points=\"{}\" stroke=\"{}\"/>\n", points, series.colour);
    out += fmt::format("<text x=\"{}\" y=\"16\" text-anchor=\"end\" style=\"fill:{}\">{}</text>\n",
                       legend, series.colour, html_escaped(series.name));
    legend -= 8.0 * static_cast<double>(series.name.size()) + 20;
  }
  return out + "</svg>\n";
}

}  // namespace harbor_router::bench
