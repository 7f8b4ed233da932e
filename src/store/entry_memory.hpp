// The pages in which the entries of all shards lie: one stretch of addresses, reserved once and
// made memory from its start on, as it is needed.
//
// Invariants: what has been memory stays readable until the end, so that a lookup which an eviction
// overtook reads something wrong, but never outside (it does not believe it, see sequence.hpp); a
// page has one owner, under whose lock it is written and described; behind any entry's start lie
// `longest_entry` bytes of memory. Any thread may take pages and give them back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harbor_router/base/guarded.hpp"

namespace harbor_router::store {

using EntryIndex = std::uint32_t;  // where an entry lies, in words from the start; 0 is no entry

class EntryMemory {
 public:
  static constexpr std::size_t page_size = 4096;
  static constexpr std::size_t page_words = page_size / sizeof(std::uint64_t);

  struct Page {                            // the owner's notes
    std::uint32_t previous = 0, next = 0;  // among the pages of this stride with room
    std::uint16_t stride = 0;              // words
    std::uint8_t used = 0, touched = 0;    // slots in use; slots ever handed out
    std::uint8_t released = 0;             // first of the released slots, each naming the next
  };

  // Addresses for so many entries of any size, and a page of each size for so many owners.
  EntryMemory(std::size_t entries, std::size_t owners);
  ~EntryMemory();
  EntryMemory(const EntryMemory&) = delete;
  EntryMemory& operator=(const EntryMemory&) = delete;

  // A page's number, or 0 when all are taken; what is in it is not defined.
  [[nodiscard]] std::uint32_t take();
  void give_back(std::uint32_t number) noexcept;

  [[nodiscard]] Page& page(std::uint32_t number) const noexcept { return pages_[number]; }
  [[nodiscard]] std::uint64_t* at(EntryIndex index) const noexcept { return words_ + index; }

 private:
  struct Supply {
    std::vector<std::uint32_t> given_back;  // has room for every page that was ever taken
    std::size_t fresh = 1;                  // from here on never taken; page 0 is never used
    std::size_t committed = 0;              // pages that are memory
  };
  void commit_more(Supply& supply) const;

  void* reserved_ = nullptr;
  std::size_t reserved_size_ = 0, page_count_ = 0;
  std::uint64_t* words_ = nullptr;
  Page* pages_ = nullptr;
  base::Guarded<Supply> supply_;
};

}  // namespace harbor_router::store
