#include "store/entry_arena.hpp"

namespace harbor_router::store {

EntryArena::EntryArena() {
  pages_.emplace_back();
  memory_.push_back(nullptr);
}

EntryIndex EntryArena::allocate(std::size_t size) {
  const std::size_t stride = (size + 7) / 8 * 8;
  std::uint32_t number = with_room_[stride / 8];
  if (number == 0) number = add_page(stride);
  Page& page = pages_[number];
  std::uint8_t slot = page.released;
  if (slot != no_slot) {
    page.released = std::to_integer<std::uint8_t>(page.memory[slot * stride]);
  } else {
    slot = page.touched++;
  }
  if (++page.used == slots_of(page)) unlist(number);
  return index_of(number, slot * stride);
}

void EntryArena::release(EntryIndex index) noexcept {
  const std::uint32_t number = index >> place_bits;
  Page& page = pages_[number];
  if (page.used == slots_of(page)) list(number);
  if (--page.used == 0) {
    unlist(number);
    page = Page{};
    free_numbers_.push_back(number);  // add_page reserved the room
    return;
  }
  *at(index) = std::byte{page.released};
  page.released = static_cast<std::uint8_t>((index & place_mask) * 8 / page.stride);
}

std::size_t EntryArena::bytes() const noexcept {
  return (pages_.size() - 1 - free_numbers_.size()) * page_size + pages_.capacity() * sizeof(Page) +
         memory_.capacity() * sizeof(std::byte*) + free_numbers_.capacity() * sizeof(std::uint32_t);
}

std::uint32_t EntryArena::add_page(std::size_t stride) {
  if (free_numbers_.empty()) {
    pages_.emplace_back();
    memory_.push_back(nullptr);
    free_numbers_.push_back(static_cast<std::uint32_t>(pages_.size() - 1));
    free_numbers_.reserve(pages_.capacity());
  }
  const std::uint32_t number = free_numbers_.back();
  Page& page = pages_[number];
  page.memory = std::make_unique_for_overwrite<std::byte[]>(page_size);
  memory_[number] = page.memory.get();
  page.stride = static_cast<std::uint16_t>(stride);
  free_numbers_.pop_back();
  list(number);
  return number;
}

void EntryArena::list(std::uint32_t number) noexcept {
  Page& page = pages_[number];
  std::uint32_t& first = with_room_[page.stride / 8U];
  page.previous = 0;
  page.next = first;
  if (first != 0) pages_[first].previous = number;
  first = number;
}

void EntryArena::unlist(std::uint32_t number) noexcept {
  Page& page = pages_[number];
  if (page.next != 0) pages_[page.next].previous = page.previous;
  if (page.previous != 0) {
    pages_[page.previous].next = page.next;
  } else {
    with_room_[page.stride / 8U] = page.next;
  }
}

}  // namespace harbor_router::store
