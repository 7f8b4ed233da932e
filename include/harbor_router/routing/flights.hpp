// Singleflight: however many ask the same question at once, on whatever thread, it is asked once.
//
// A flight runs on the thread of the first who asks, as a coroutine of its own: a client that
// leaves takes nobody's answer along. It ends when its run() ends, and run() bounds itself by
// deadlines. The key must name everything the answer depends on, the credentials first of all.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "harbor_router/base/guarded.hpp"
#include "harbor_router/http/one_shot.hpp"

namespace harbor_router::routing {

template <class T>
class Flights {
 public:
  using Pointer = std::shared_ptr<const T>;
  using Run = std::function<http::Awaitable<Pointer>()>;

  // The result of the flight for key; what run() threw (a bug) is thrown to each who waits. run and
  // what it refers to must live until the flight ends, not only until the caller goes.
  [[nodiscard]] http::Awaitable<Pointer> join(std::string key, http::Executor executor, Run run) {
    std::shared_ptr<Flight> flight = enter(key, executor, std::move(run));
    co_await flight->landed.wait();
    if (flight->error) std::rethrow_exception(flight->error);
    co_return flight->result;
  }

  // Starts the flight unless it is under way, and does not wait.
  void start(const std::string& key, http::Executor executor, Run run) {
    enter(key, executor, std::move(run));
  }

  [[nodiscard]] std::size_t size() { return flying_.lock()->size(); }

 private:
  struct Flight {
    http::OneShot landed;
    Pointer result;  // both written before landed is set, read after
    std::exception_ptr error;
  };

  std::shared_ptr<Flight> enter(const std::string& key, http::Executor executor, Run run) {
    std::shared_ptr<Flight> flight;
    {
      auto flying = flying_.lock();
      std::shared_ptr<Flight>& entry = (*flying)[key];
      if (entry) return entry;
      entry = flight = std::make_shared<Flight>();
    }
    boost::asio::co_spawn(executor, fly(key, flight, std::move(run)), boost::asio::detached);
    return flight;
  }

  http::Awaitable<> fly(std::string key, std::shared_ptr<Flight> flight, Run run) {
    try {
      flight->result = co_await run();
    } catch (...) {
      flight->error = std::current_exception();  // those who wait must be told
    }
    flying_.lock()->erase(key);
    flight->landed.set();
  }

  base::Guarded<std::unordered_map<std::string, std::shared_ptr<Flight>>> flying_;
};

}  // namespace harbor_router::routing
