// Data that cannot be reached without its lock. Hold the Access for as short as possible and never
// across a co_await.
#pragma once

#include <mutex>
#include <utility>

namespace harbor_router::base {

template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  class Access {
   public:
    T& operator*() noexcept { return *value_; }
    T* operator->() noexcept { return value_; }

   private:
    friend class Guarded;
    Access(std::mutex& mutex, T& value) : lock_(mutex), value_(&value) {}
    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  [[nodiscard]] Access lock() { return Access(mutex_, value_); }

 private:
  std::mutex mutex_;
  T value_{};
};

}  // namespace harbor_router::base
