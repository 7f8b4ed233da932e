// Memory of one shard's entries. A page holds slots of one size, so an entry costs its own words
// and no allocator header; a page is given back when its last entry goes.
//
// Invariants: an index stays valid, and its entry in place, until it is released. Changed under the
// shard's lock; where an index lies may be read by anybody (entry_memory.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "store/entry_memory.hpp"

namespace harbor_router::store {

class EntryArena {
 public:
  static constexpr std::size_t largest_words = 104;

  EntryArena() = default;
  explicit EntryArena(EntryMemory& memory) : memory_(&memory) {}

  // words in [1, largest_words]; 0: there is no page left.
  [[nodiscard]] EntryIndex allocate(std::size_t words);
  void release(EntryIndex index) noexcept;

  [[nodiscard]] std::uint64_t* at(EntryIndex index) const noexcept { return memory_->at(index); }
  [[nodiscard]] std::size_t bytes() const noexcept;  // of all pages

 private:
  using Page = EntryMemory::Page;

  [[nodiscard]] std::uint32_t add_page(std::size_t stride);
  void list(std::uint32_t number) noexcept;
  void unlist(std::uint32_t number) noexcept;

  EntryMemory* memory_ = nullptr;
  std::size_t page_count_ = 0;
  std::array<std::uint32_t, largest_words + 1> with_room_ = {};  // first page of each stride
};

}  // namespace harbor_router::store
