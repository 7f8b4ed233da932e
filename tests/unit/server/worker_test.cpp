#include "server/worker.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

#include "server/keep_running.hpp"
#include "unit/observe/capture.hpp"
#include "unit/run.hpp"

using namespace harbor_router;
using namespace harbor_router::server;
using namespace std::chrono_literals;

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

TEST_CASE("work that fails is said and begun again, and over when it ends") {
  const capture::MemoryFile written;
  int begun = 0;
  {
    observe::Log log{{.file_descriptor = written.descriptor()}};
    observe::Registry metrics;
    Shared shared{Settings{}, log, metrics};
    Worker worker{shared};
    const auto third_time_lucky = [&begun]() -> http::Awaitable<> {
      if (++begun < 3) throw std::runtime_error("out of luck");
      co_return;
    };
    keep_running(worker, "discovery", third_time_lucky, 1ms);
    harbor_router::testing::run_until(worker.context, [&begun] { return begun == 3; });
  }
  CHECK(begun == 3);
  CHECK(written.lines().size() == 2);
  CHECK(written.text().find("discovery failed, and begins again") != std::string::npos);
  CHECK(written.text().find("out of luck") != std::string::npos);
}
