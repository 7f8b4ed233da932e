#include "src/store/use_count.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

namespace {

using harbor_router::store::UseCount;

constexpr std::uint64_t certainly_not = ~std::uint64_t{0};

TEST_CASE("few hits are counted exactly, and recent ones up to three") {
  UseCount use;
  CHECK(use.hits() == 0);
  CHECK(use.recent() == 0);
  for (unsigned i = 1; i <= 256; ++i) {
    use = use.after_hit(certainly_not);
    REQUIRE(use.hits() == i);
    REQUIRE(use.recent() == std::min(i, 3U));
  }
  CHECK(use.with_recent(1).hits() == 256);
  CHECK(use.with_recent(1).recent() == 1);
}

TEST_CASE("many hits are about right, and seldom need a write") {
  std::mt19937_64 random(20261125);
  UseCount use;
  int written = 0;
  constexpr int hits = 1'000'000;
  for (int i = 0; i < hits; ++i) {
    const UseCount after = use.after_hit(random());
    if (after != use) ++written;
    use = after;
  }
  CHECK(use.hits() > hits * 0.8);
  CHECK(use.hits() < hits * 1.25);
  CHECK(written < 3000);
}

TEST_CASE("the count stops at the largest number it has bits for") {
  UseCount use;
  for (int i = 0; i < 10'000; ++i) use = use.after_hit(0);  // each counts whatever it may
  CHECK(use.hits() == (1U << 24U) - (1U << 16U));
  CHECK(use.recent() == 3);
}

}  // namespace
