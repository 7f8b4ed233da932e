// The word a person probably meant.
#pragma once

#include <span>
#include <string_view>

namespace harbor_router::options {

// The candidate fewest edits away (insertions, deletions, substitutions and swaps of neighbours,
// each one edit), the first of equals. Empty when none is near: more than three edits, or more
// than half of the word.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> candidates);

}  // namespace harbor_router::options
