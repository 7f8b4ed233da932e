#include "cmd/text_table.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "cmd/output.hpp"

namespace harbor_router {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 4;

// Names, digests and messages of ours are ASCII; a byte is a column.
std::string cut(const std::string& cell, std::size_t width) {
  return cell.size() <= width ? cell : cell.substr(0, width - 3) + "...";
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  if (cells.size() != rows_.front().size()) throw std::logic_error("a row of another width");
  for (std::string& cell : cells) cell = cell.empty() ? "-" : printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text(std::size_t width) const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::size_t total = gap * (widths.size() - 1);
  for (const std::size_t each : widths) total += each;
  // A column that says nothing goes first.
  for (std::size_t i = widths.size(); i-- > 0 && total > width;) {
    const bool says_nothing =
        std::all_of(rows_.begin() + 1, rows_.end(), [i](const auto& row) { return row[i] == "-"; });
    if (!says_nothing || rows_.size() == 1) continue;
    total -= widths[i] + gap;
    widths[i] = 0;
  }
  while (total > width) {
    auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= narrowest) break;
    --*widest;
    --total;
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      if (widths[i] > 0) line += fmt::format("{:<{}}", cut(row[i], widths[i]), widths[i] + gap);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace harbor_router
