// Which kind of request each number is: weights such as manifest:8,head:1,blob:1, spread evenly,
// the same in every run. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/base/result.hpp"

namespace harbor_router::bench {

enum class Kind { manifest, head, blob };  // GET or HEAD of a manifest, GET of a blob
inline constexpr std::size_t kinds = 3;
[[nodiscard]] std::string_view to_string(Kind kind) noexcept;

using Weights = std::array<unsigned, kinds>;  // by Kind

// "manifest:8,head:1": kinds left out have weight 0, a kind alone has 1. The detail of a failure
// says what is wrong and what would be right.
[[nodiscard]] base::Result<Weights> parse_mix(std::string_view text);

class Mix {
 public:
  explicit Mix(const Weights& weights);

  struct Pick {
    Kind kind = Kind::manifest;
    std::uint64_t nth = 0;  // how many of this kind have smaller numbers
  };
  [[nodiscard]] Pick pick(std::uint64_t number) const noexcept;
  [[nodiscard]] bool has(Kind kind) const noexcept {
    return weights_[static_cast<std::size_t>(kind)] > 0;
  }

 private:
  Weights weights_;
  std::vector<Pick> cycle_;  // nth within the cycle
};

}  // namespace harbor_router::bench
