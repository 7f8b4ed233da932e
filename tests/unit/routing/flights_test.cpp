#include "harbor_router/routing/flights.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <doctest/doctest.h>

#include "unit/run.hpp"

using namespace harbor_router;
using namespace harbor_router::routing;
using harbor_router::testing::Running;

namespace {

using Text = std::shared_ptr<const std::string>;

struct World {
  http::asio::io_context context{1};
  Flights<std::string> flights;
  http::OneShot may_land;
  int runs = 0;

  // A flight that is under way until the test lets it land.
  Flights<std::string>::Run flight() {
    return [this] { return fly(); };
  }
  http::Awaitable<Text> fly() {
    ++runs;
    co_await may_land.wait();
    co_return std::make_shared<const std::string>("landed");
  }
  Running<Text> join(const std::string& key) {
    return Running<Text>(context, flights.join(key, context.get_executor(), flight()));
  }
  void run_what_can() {
    context.restart();
    while (context.poll() != 0) {
    }
  }
};

http::Awaitable<Text> breaks() {
  throw std::logic_error("a bug");
  co_return nullptr;
}

}  // namespace

TEST_CASE("all who ask the same get the one answer of one flight") {
  World world;
  auto first = world.join("key"), second = world.join("key"), third = world.join("key");
  world.run_what_can();
  CHECK(world.runs == 1);
  CHECK(world.flights.size() == 1);
  world.may_land.set();
  const Text answer = first.get();
  CHECK(*answer == "landed");
  CHECK(second.get() == answer);
  CHECK(third.get() == answer);
  CHECK(world.flights.size() == 0);
}

TEST_CASE("another key is another flight, and a flight that has landed is not joined") {
  World world;
  world.may_land.set();
  const Text one = world.join("key").get();
  CHECK(world.join("other").get() != one);
  CHECK(world.join("key").get() != one);
  CHECK(world.runs == 3);
}

TEST_CASE("a flight needs nobody who waits for it") {
  World world;
  world.flights.start("key", world.context.get_executor(), world.flight());
  world.flights.start("key", world.context.get_executor(), world.flight());
  world.run_what_can();
  CHECK(world.runs == 1);
  auto late = world.join("key");
  world.may_land.set();
  CHECK(*late.get() == "landed");
  CHECK(world.runs == 1);
  world.flights.start("key", world.context.get_executor(), world.flight());
  world.run_what_can();
  CHECK(world.runs == 2);
  CHECK(world.flights.size() == 0);
}

TEST_CASE("a client that leaves takes nobody's answer along") {
  World world;
  http::asio::cancellation_signal leave;
  http::asio::co_spawn(world.context,
                       world.flights.join("key", world.context.get_executor(), world.flight()),
                       http::asio::bind_cancellation_slot(
                           leave.slot(), [](const std::exception_ptr&, const Text&) {}));
  world.run_what_can();
  auto other = world.join("key");
  world.run_what_can();
  leave.emit(http::asio::cancellation_type::all);
  world.run_what_can();
  CHECK(world.runs == 1);
  CHECK_FALSE(other.done());
  world.may_land.set();
  CHECK(*other.get() == "landed");
}

TEST_CASE("what breaks in a flight is thrown to each who waits, and the key is free again") {
  World world;
  const auto executor = world.context.get_executor();
  const Flights<std::string>::Run bug = [] { return breaks(); };
  Running<Text> first(world.context, world.flights.join("key", executor, bug));
  Running<Text> second(world.context, world.flights.join("key", executor, bug));
  CHECK_THROWS_AS(first.get(), std::logic_error);
  CHECK_THROWS_AS(second.get(), std::logic_error);
  world.may_land.set();
  CHECK(*world.join("key").get() == "landed");
}

TEST_CASE("threads share flights: each is woken on its own, whoever started it") {
  constexpr std::size_t threads = 2, clients = 20, rounds = 50;
  for (std::size_t round = 0; round < rounds; ++round) {
    Flights<std::string> flights;
    std::atomic<int> runs{0}, answered{0}, strayed{0}, ready{0};
    std::array<http::asio::io_context, threads> contexts;
    const Flights<std::string>::Run run = [&]() -> http::Awaitable<Text> {
      ++runs;
      co_return std::make_shared<const std::string>("answer");
    };
    const auto client = [&](http::asio::io_context& context) -> http::Awaitable<> {
      const Text text = co_await flights.join("key", context.get_executor(), run);
      if (!context.get_executor().running_in_this_thread()) ++strayed;
      if (*text == "answer") ++answered;
    };
    std::vector<std::thread> running;
    for (auto& context : contexts) {
      for (std::size_t i = 0; i < clients; ++i)
        http::asio::co_spawn(context, client(context), http::asio::detached);
      running.emplace_back([&] {
        ++ready;
        while (ready < static_cast<int>(threads)) std::this_thread::yield();
        context.run();
      });
    }
    for (std::thread& each : running) each.join();
    REQUIRE(answered == threads * clients);
    REQUIRE(strayed == 0);
    REQUIRE(runs >= 1);
    REQUIRE(flights.size() == 0);
  }
}
