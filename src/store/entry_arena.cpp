#include "store/entry_arena.hpp"

#include "store/sequence.hpp"

namespace harbor_router::store {
namespace {

constexpr std::uint8_t no_slot = 0xFF;

// Smaller slots would be more than a byte can number.
constexpr std::size_t least_words = 4;
static_assert(EntryMemory::page_words / least_words < no_slot);

std::size_t slots_of(const EntryMemory::Page& page) {
  return EntryMemory::page_words / page.stride;
}

}  // namespace

EntryIndex EntryArena::allocate(std::size_t words) {
  const std::size_t stride = words < least_words ? least_words : words;
  std::uint32_t number = with_room_[stride];
  if (number == 0) number = add_page(stride);
  if (number == 0) return 0;
  Page& page = memory_->page(number);
  const auto first = static_cast<EntryIndex>(number * EntryMemory::page_words);
  std::uint8_t slot = page.released;
  if (slot != no_slot) {
    page.released = static_cast<std::uint8_t>(load_word(*at(first + slot * page.stride)));
  } else {
    slot = page.touched++;
  }
  if (++page.used == slots_of(page)) unlist(number);
  return first + slot * page.stride;
}

void EntryArena::release(EntryIndex index) noexcept {
  const auto number = static_cast<std::uint32_t>(index / EntryMemory::page_words);
  Page& page = memory_->page(number);
  if (page.used == slots_of(page)) list(number);
  if (--page.used == 0) {
    unlist(number);
    --page_count_;
    memory_->give_back(number);
    return;
  }
  store_word(*at(index), page.released);
  page.released = static_cast<std::uint8_t>(index % EntryMemory::page_words / page.stride);
}

std::size_t EntryArena::bytes() const noexcept {
  return page_count_ * (EntryMemory::page_size + sizeof(Page));
}

std::uint32_t EntryArena::add_page(std::size_t stride) {
  const std::uint32_t number = memory_->take();
  if (number == 0) return 0;
  memory_->page(number) = {.stride = static_cast<std::uint16_t>(stride), .released = no_slot};
  ++page_count_;
  list(number);
  return number;
}

void EntryArena::list(std::uint32_t number) noexcept {
  Page& page = memory_->page(number);
  std::uint32_t& first = with_room_[page.stride];
  page.previous = 0;
  page.next = first;
  if (first != 0) memory_->page(first).previous = number;
  first = number;
}

void EntryArena::unlist(std::uint32_t number) noexcept {
  Page& page = memory_->page(number);
  if (page.next != 0) memory_->page(page.next).previous = page.previous;
  if (page.previous != 0) {
    memory_->page(page.previous).next = page.next;
  } else {
    with_room_[page.stride] = page.next;
  }
}

}  // namespace harbor_router::store
