// Columns of text for terminals. Pure.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace harbor_router {

class Table {
 public:
  static constexpr std::size_t any_width = std::numeric_limits<std::size_t>::max();

  explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}
  // As many cells as there are headings. An empty one is shown as "-"; control
  // characters are made printable.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const noexcept { return rows_.size() == 1; }
  // Lines of at most so many columns: where they would be longer, columns without a value are left
  // out, then the widest are cut, with an ellipsis. Each is ended by a line feed.
  [[nodiscard]] std::string text(std::size_t width) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace harbor_router
