#include "src/store/entry_arena.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace {

using harbor_router::store::EntryArena;
using harbor_router::store::EntryIndex;
using harbor_router::store::EntryMemory;

TEST_CASE("entries of all sizes keep their bytes while others come and go") {
  struct Block {
    EntryIndex index;
    std::size_t words;
    int fill;
  };
  EntryMemory memory(50'000, 1);
  EntryArena arena(memory);
  std::vector<Block> live;
  std::mt19937 random(20261124);
  const auto intact = [&](const Block& block) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(arena.at(block.index));
    for (std::size_t i = 0; i < block.words * 8; ++i) {
      if (bytes[i] != static_cast<std::byte>(block.fill)) return false;
    }
    return true;
  };
  for (int step = 0; step < 50'000; ++step) {
    if (live.size() < 500 || random() % 2 == 0) {
      const std::size_t words = 4 + random() % (EntryArena::largest_words - 4 + 1);
      const Block block = {arena.allocate(words), words, static_cast<int>(random() % 256)};
      REQUIRE(block.index != 0);
      std::memset(arena.at(block.index), block.fill, words * 8);
      live.push_back(block);
    } else {
      Block& gone = live[random() % live.size()];
      REQUIRE(intact(gone));
      arena.release(gone.index);
      gone = live.back();
      live.pop_back();
    }
  }
  for (const Block& block : live) {
    CHECK(intact(block));
    arena.release(block.index);
  }
}

TEST_CASE("pages are given back when their last entry goes, and memory is used again") {
  EntryMemory memory(1000, 1);
  EntryArena arena(memory);
  std::size_t peak = 0;
  for (std::size_t words = 4; words <= EntryArena::largest_words; ++words) {
    std::vector<EntryIndex> indexes;
    for (int i = 0; i < 1000; ++i) indexes.push_back(arena.allocate(words));
    REQUIRE(std::ranges::find(indexes, EntryIndex{0}) == indexes.end());
    peak = std::max(peak, arena.bytes());
    for (const EntryIndex index : indexes) arena.release(index);
  }
  CHECK(peak < 1000 * EntryArena::largest_words * 8 * 13 / 10);
  CHECK(arena.bytes() == 0);
}

TEST_CASE("two arenas share one memory, and hear when it is used up") {
  EntryMemory memory(1, 1);
  EntryArena first(memory), second(memory);
  std::vector<EntryIndex> indexes;
  for (;;) {
    const EntryIndex index = first.allocate(EntryArena::largest_words);
    if (index == 0) break;
    indexes.push_back(index);
  }
  CHECK(indexes.size() > 1);
  CHECK(second.allocate(EntryArena::largest_words) == 0);
  for (const EntryIndex index : indexes) first.release(index);
  CHECK(second.allocate(EntryArena::largest_words) != 0);
  for (std::size_t i = 0; i < EntryArena::largest_words; ++i)  // readable, though given back
    CHECK_NOTHROW(static_cast<void>(*(second.at(indexes.back()) + i)));
}

}  // namespace
