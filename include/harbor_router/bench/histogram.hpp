// Latencies in the manner of HdrHistogram: buckets that double in width, each cut into equal parts,
// so that a value is kept to a number of significant digits and memory does not depend on how many
// are recorded. Pure; one thread at a time, merged afterwards.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace harbor_router::bench {

using Nanoseconds = std::chrono::nanoseconds;

enum class Precision : unsigned {
  three_digits = 11,  // bits of a value that are kept: a part in 1,024 is the most it is off
  plotted = 5,        // a part in 16: for a point of a plot
};

class Histogram {
 public:
  static constexpr Nanoseconds longest = std::chrono::hours(1);  // more counts as this

  Histogram() : Histogram(Precision::three_digits) {}
  explicit Histogram(Precision precision);

  void record(Nanoseconds value) noexcept;  // a negative one counts as 0
  void merge(const Histogram& other);       // of the same precision

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  // All 0 when nothing was recorded. smallest, largest and mean are exact.
  [[nodiscard]] Nanoseconds smallest() const noexcept;
  [[nodiscard]] Nanoseconds largest() const noexcept { return Nanoseconds(largest_); }
  [[nodiscard]] Nanoseconds mean() const noexcept;
  // The least value that at least so many percent of those recorded do not exceed.
  [[nodiscard]] Nanoseconds percentile(double percent) const noexcept;
  // How many recorded values are in [from, to), by the bucket they fell into.
  [[nodiscard]] std::uint64_t count_between(Nanoseconds from, Nanoseconds to) const noexcept;

 private:
  [[nodiscard]] std::size_t index_of(std::uint64_t value) const noexcept;
  [[nodiscard]] std::uint64_t highest_in(std::size_t index) const noexcept;

  unsigned bits_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::int64_t smallest_ = 0, largest_ = 0;
};

}  // namespace harbor_router::bench
