#include "server/worker.hpp"

#include <doctest/doctest.h>

using namespace harbor_router::server;

TEST_CASE("the threads' shares of a limit add up to it, and differ by one at most") {
  for (unsigned threads = 1; threads <= 9; ++threads)
    for (std::size_t limit = 0; limit <= 40; ++limit) {
      std::size_t sum = 0;
      for (unsigned thread = 0; thread < threads; ++thread) {
        const std::size_t share = share_of(limit, threads, thread);
        CHECK((share == limit / threads || share == limit / threads + 1));
        sum += share;
      }
      CHECK(sum == limit);
    }
}
