#include "src/store/entry_arena.hpp"

#include <cstring>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace {

using harbor_router::store::EntryArena;
using harbor_router::store::EntryIndex;

TEST_CASE("entries of all sizes keep their bytes while others come and go") {
  struct Block {
    EntryIndex index;
    std::size_t size;
    int fill;
  };
  EntryArena arena;
  std::vector<Block> live;
  std::mt19937 random(20261124);
  const auto intact = [&](const Block& block) {
    for (std::size_t i = 0; i < block.size; ++i) {
      if (arena.at(block.index)[i] != static_cast<std::byte>(block.fill)) return false;
    }
    return true;
  };
  for (int step = 0; step < 50'000; ++step) {
    if (live.size() < 500 || random() % 2 == 0) {
      const std::size_t size = 32 + random() % (EntryArena::largest - 32 + 1);
      const Block block = {arena.allocate(size), size, static_cast<int>(random() % 256)};
      REQUIRE(block.index != 0);
      std::memset(arena.at(block.index), block.fill, size);
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
  EntryArena arena;
  std::size_t peak = 0;
  for (std::size_t size = 32; size <= EntryArena::largest; size += 8) {
    std::vector<EntryIndex> indexes;
    for (int i = 0; i < 1000; ++i) indexes.push_back(arena.allocate(size));
    peak = std::max(peak, arena.bytes());
    for (const EntryIndex index : indexes) arena.release(index);
  }
  CHECK(peak < 1000 * EntryArena::largest * 13 / 10);
  CHECK(arena.bytes() < 20'000);  // the table of pages only
}

}  // namespace
