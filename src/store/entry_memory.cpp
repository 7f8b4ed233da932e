#include "store/entry_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "store/entry_arena.hpp"

namespace harbor_router::store {
namespace {

constexpr std::size_t step_size = std::size_t{2} << 20U;  // a huge page
constexpr std::size_t step_pages = step_size / EntryMemory::page_size;
constexpr std::size_t most_pages =
    (std::size_t{1} << 32U) / EntryMemory::page_words;  // an index has 32 bits: 32 GiB
constexpr std::size_t kept_pages = 256;  // given back and still resident, for whoever comes next

std::size_t whole_steps(std::size_t pages) {
  return (pages + step_pages - 1) / step_pages * step_pages;
}

// Addresses only: what is never touched costs nothing.
void* reserve(std::size_t size, int protection) {
  void* const start =
      ::mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  return start;
}

}  // namespace

EntryMemory::EntryMemory(std::size_t entries, std::size_t owners) {
  const std::size_t per_page = page_size / (EntryArena::largest_words * sizeof(std::uint64_t));
  const std::size_t wanted = entries / per_page + owners * EntryArena::largest_words + 2;
  page_count_ = std::min(whole_steps(wanted), most_pages);
  const std::size_t notes_size = page_count_ * sizeof(Page);
  reserved_size_ = page_count_ * page_size + step_size + notes_size;
  reserved_ = reserve(reserved_size_, PROT_NONE);
  const auto start =
      (reinterpret_cast<std::uintptr_t>(reserved_) + step_size - 1) / step_size * step_size;
  words_ = reinterpret_cast<std::uint64_t*>(start);
  pages_ = reinterpret_cast<Page*>(start + page_count_ * page_size);
  const auto notes = start + page_count_ * page_size;
  if (::mprotect(reinterpret_cast<void*>(notes), notes_size, PROT_READ | PROT_WRITE) != 0) {
    ::munmap(reserved_, reserved_size_);
    throw std::bad_alloc();
  }
}

EntryMemory::~EntryMemory() {
  ::munmap(reserved_, reserved_size_);
}

std::uint32_t EntryMemory::take() {
  auto supply = supply_.lock();
  if (!supply->given_back.empty()) {
    const std::uint32_t number = supply->given_back.back();
    supply->given_back.pop_back();
    return number;
  }
  // One page stays behind the last one taken, for those who read past an entry's end.
  if (supply->fresh + 1 >= page_count_) return 0;
  if (supply->fresh + 1 >= supply->committed) commit_more(*supply);
  return static_cast<std::uint32_t>(supply->fresh++);
}

void EntryMemory::give_back(std::uint32_t number) noexcept {
  auto supply = supply_.lock();
  supply->given_back.push_back(number);  // commit_more() made the room
  if (supply->given_back.size() > kept_pages)
    ::madvise(at(static_cast<EntryIndex>(number * page_words)), page_size, MADV_DONTNEED);
}

void EntryMemory::commit_more(Supply& supply) const {
  supply.given_back.reserve(supply.committed + step_pages);
  char* const start = reinterpret_cast<char*>(words_) + supply.committed * page_size;
  if (::mprotect(start, step_size, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  // Entries are met in no order, so each would cost an address translation of its own. Not for the
  // first ones: a router that knows few images should stay small.
  if (supply.committed != 0) ::madvise(start, step_size, MADV_HUGEPAGE);
  supply.committed += step_pages;
}

}  // namespace harbor_router::store
