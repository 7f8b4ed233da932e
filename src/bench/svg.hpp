// A line plot as SVG to stand inside a page of HTML. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace harbor_router::bench {

struct Point {
  double x = 0, y = 0;
};

struct Series {
  std::string name;
  std::string colour;  // of CSS
  std::vector<Point> points;
};

struct Tick {
  double at = 0;
  std::string label;
};

struct Plot {
  std::string title;
  std::vector<Series> series;
  std::vector<Tick> x_ticks;  // empty: round numbers, written with x_label
  std::function<std::string(double)> x_label, y_label;
};

[[nodiscard]] std::string svg_of(const Plot& plot);

// Text as the content or a quoted attribute of an element.
[[nodiscard]] std::string html_escaped(std::string_view text);

}  // namespace harbor_router::bench
