// An array from calloc: all zeros, and its pages are resident only once used.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace harbor_router::store {

struct FreeZeroed {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

template <class T>
using Zeroed = std::unique_ptr<T[], FreeZeroed>;

template <class T>
[[nodiscard]] Zeroed<T> zeroed(std::size_t count) {
  void* const memory = std::calloc(count, sizeof(T));
  if (memory == nullptr) throw std::bad_alloc();
  return Zeroed<T>(static_cast<T*>(memory));
}

}  // namespace harbor_router::store
