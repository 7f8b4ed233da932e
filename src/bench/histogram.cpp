#include "harbor_router/bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace harbor_router::bench {

namespace {

constexpr auto most = static_cast<std::uint64_t>(Histogram::longest.count());

}  // namespace

Histogram::Histogram(Precision precision) : bits_(static_cast<unsigned>(precision)) {
  counts_.resize(index_of(most) + 1);
}

// Below 2^bits a value is its own index; above, each doubling adds half as many indices.
std::size_t Histogram::index_of(std::uint64_t value) const noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= bits_) return static_cast<std::size_t>(value);
  const unsigned shift = width - bits_;
  return (std::size_t{shift} << (bits_ - 1)) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::highest_in(std::size_t index) const noexcept {
  const std::size_t half = std::size_t{1} << (bits_ - 1);
  if (index < 2 * half) return index;
  const std::size_t shift = index / half - 1;
  const std::uint64_t top = index - shift * half;
  return ((top + 1) << shift) - 1;
}

void Histogram::record(Nanoseconds value) noexcept {
  const std::int64_t taken =
      std::clamp<std::int64_t>(value.count(), 0, static_cast<std::int64_t>(most));
  ++counts_[index_of(static_cast<std::uint64_t>(taken))];
  smallest_ = count_ == 0 ? taken : std::min(smallest_, taken);
  largest_ = std::max(largest_, taken);
  sum_ += static_cast<std::uint64_t>(taken);
  ++count_;
}

void Histogram::merge(const Histogram& other) {
  if (other.bits_ != bits_) throw std::logic_error("histograms of two precisions");
  if (other.count_ == 0) return;
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  smallest_ = count_ == 0 ? other.smallest_ : std::min(smallest_, other.smallest_);
  largest_ = std::max(largest_, other.largest_);
  sum_ += other.sum_;
  count_ += other.count_;
}

Nanoseconds Histogram::smallest() const noexcept {
  return Nanoseconds(smallest_);
}

Nanoseconds Histogram::mean() const noexcept {
  return Nanoseconds(count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / count_));
}

Nanoseconds Histogram::percentile(double percent) const noexcept {
  if (count_ == 0) return Nanoseconds{0};
  const double share = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_);
  // 99 % of 100 must be 99, though 0.99 * 100 may come out a hair above.
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share - 1e-6)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank)
      return Nanoseconds(std::min(static_cast<std::int64_t>(highest_in(i)), largest_));
  }
  return largest();
}

std::uint64_t Histogram::count_between(Nanoseconds from, Nanoseconds to) const noexcept {
  const auto index = [this](Nanoseconds at) {
    return index_of(static_cast<std::uint64_t>(
        std::clamp<std::int64_t>(at.count(), 0, static_cast<std::int64_t>(most))));
  };
  const std::size_t end = to > longest ? counts_.size() : index(to);
  std::uint64_t sum = 0;
  for (std::size_t i = index(from); i < end; ++i) sum += counts_[i];
  return sum;
}

}  // namespace harbor_router::bench
