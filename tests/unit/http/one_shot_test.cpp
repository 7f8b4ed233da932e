#include "harbor_router/http/one_shot.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <doctest/doctest.h>

#include "unit/run.hpp"

using namespace harbor_router::http;

namespace {

// Waits, and notes on which thread it went on.
Awaitable<> wait_for(OneShot& shot, std::thread::id& resumed_on, std::atomic<int>& resumed) {
  co_await shot.wait();
  resumed_on = std::this_thread::get_id();
  ++resumed;
}

Awaitable<bool> waited(OneShot& shot) {
  co_await shot.wait();
  co_return true;
}

}  // namespace

TEST_CASE("what has happened already is not waited for") {
  asio::io_context context{1};
  OneShot shot;
  shot.set();
  CHECK(harbor_router::testing::run(context, waited(shot)));
  shot.set();
  CHECK(harbor_router::testing::run(context, waited(shot)));
}

TEST_CASE("nobody goes on before it has happened") {
  asio::io_context context{1};
  OneShot shot;
  harbor_router::testing::Running<bool> first(context, waited(shot)), second(context, waited(shot));
  while (context.poll() != 0) {
  }
  CHECK_FALSE(first.done());
  shot.set();
  CHECK_FALSE(first.done());  // goes on later, on its own io_context
  CHECK(first.get());
  CHECK(second.get());
}

TEST_CASE("waiters on two threads each go on on their own, whoever sets it") {
  constexpr int waiters = 50;
  for (int round = 0; round < 50; ++round) {
    OneShot shot;
    std::vector<std::thread::id> ids(2 * waiters);
    std::atomic<int> resumed{0};
    std::vector<std::unique_ptr<asio::io_context>> contexts;
    for (std::size_t side = 0; side < 2; ++side) {
      contexts.push_back(std::make_unique<asio::io_context>(1));
      for (std::size_t i = 0; i < waiters; ++i)
        asio::co_spawn(*contexts[side], wait_for(shot, ids[side * waiters + i], resumed),
                       asio::detached);
    }
    std::thread one([&] { contexts[0]->run(); }), two([&] { contexts[1]->run(); });
    shot.set();  // a third thread, while the others are still arriving
    const auto first = one.get_id(), second = two.get_id();
    one.join();
    two.join();
    REQUIRE(resumed == 2 * waiters);
    for (std::size_t i = 0; i < waiters; ++i) {
      REQUIRE(ids[i] == first);
      REQUIRE(ids[waiters + i] == second);
    }
  }
}
