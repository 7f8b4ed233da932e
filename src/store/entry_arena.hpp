// Memory of one shard's entries. A page holds slots of one size, so an entry costs its own bytes
// rounded up to eight and no allocator header; a page is given back when its last entry goes.
//
// Invariants: an index stays valid, and its entry in place, until it is released. No locks: the
// shard's lock covers it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace harbor_router::store {

using EntryIndex = std::uint32_t;  // page number and place in it; 0 is no entry

class EntryArena {
 public:
  static constexpr std::size_t largest = 832;

  EntryArena();

  [[nodiscard]] EntryIndex allocate(std::size_t size);  // size in [32, largest]
  void release(EntryIndex index) noexcept;

  [[nodiscard]] std::byte* at(EntryIndex index) const noexcept {
    return memory_[index >> place_bits] + std::size_t{index & place_mask} * 8;
  }

  [[nodiscard]] std::size_t bytes() const noexcept;  // of all pages

 private:
  // 4 KiB with malloc's own header.
  static constexpr std::size_t page_size = 4080;
  static constexpr unsigned place_bits = 9;
  static constexpr std::uint32_t place_mask = 0x1FF;  // counts eights of bytes
  static constexpr std::uint8_t no_slot = 0xFF;

  struct Page {
    std::unique_ptr<std::byte[]> memory;   // none: the page number is free
    std::uint32_t previous = 0, next = 0;  // among the pages of this stride with room
    std::uint16_t stride = 0;
    std::uint8_t used = 0;
    std::uint8_t touched = 0;         // slots from here on were never handed out
    std::uint8_t released = no_slot;  // first of the released slots, each naming the next
  };

  [[nodiscard]] static std::size_t slots_of(const Page& page) { return page_size / page.stride; }
  [[nodiscard]] static EntryIndex index_of(std::uint32_t number, std::size_t place) {
    return number << place_bits | static_cast<std::uint32_t>(place / 8);
  }
  std::uint32_t add_page(std::size_t stride);
  void list(std::uint32_t number) noexcept;
  void unlist(std::uint32_t number) noexcept;

  std::vector<std::byte*> memory_;  // each page's: apart, since it is all that a lookup needs
  std::vector<Page> pages_;         // number 0 is never used
  std::vector<std::uint32_t> free_numbers_;                    // of pages given back
  std::array<std::uint32_t, largest / 8 + 1> with_room_ = {};  // by stride / 8
};

}  // namespace harbor_router::store
