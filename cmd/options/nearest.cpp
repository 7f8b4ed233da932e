#include "cmd/options/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace harbor_router::options {
namespace {

std::size_t edits_between(std::string_view from, std::string_view to) {
  // rows[i][j]: edits that turn the first i letters of from into the first j of to.
  std::vector rows(from.size() + 1, std::vector<std::size_t>(to.size() + 1));
  for (std::size_t i = 0; i <= from.size(); ++i) {
    for (std::size_t j = 0; j <= to.size(); ++j) {
      if (i == 0 || j == 0) {
        rows[i][j] = i + j;
        continue;
      }
      const std::size_t changed = from[i - 1] == to[j - 1] ? 0 : 1;
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + changed});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[from.size()][to.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongestWord = 64;  // a longer one is no slip of the finger
  if (word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t fewest = std::min<std::size_t>(3, word.size() / 2) + 1;
  for (const auto candidate : candidates) {
    if (const auto edits = edits_between(word, candidate); edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

}  // namespace harbor_router::options
