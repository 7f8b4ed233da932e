// Counters, gauges and histograms with Prometheus' text exposition (format 0.0.4).
//
// Resolve a handle once (at start, or when a project appears) and keep the reference: it stays
// valid as long as the Registry lives, and using it is a relaxed atomic, no lock. Resolving takes a
// mutex.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harbor_router::observe {

class Counter {
 public:
  void add(std::uint64_t amount = 1) noexcept {
    value_.fetch_add(amount, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Buckets in seconds: 1 ms to 60 s, the same for every histogram (bounds in metrics.cpp).
class Histogram {
 public:
  static constexpr std::size_t bucket_count = 14;
  void observe(std::chrono::nanoseconds value) noexcept;

 private:
  friend class Registry;
  std::atomic<std::uint64_t> buckets_[bucket_count + 1] = {};
  std::atomic<std::uint64_t> sum_nanoseconds_{0};
};

using Labels = std::vector<std::pair<std::string, std::string>>;

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The one with these labels, made when it is new. A name used with two kinds throws
  // std::logic_error.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {});

  [[nodiscard]] std::string exposition() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace harbor_router::observe
