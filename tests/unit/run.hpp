// Runs coroutines on a test's io_context, on the test's own thread: what they do is done when these
// return. A test that waits for what never comes is ended by ctest.
#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <doctest/doctest.h>

#include "harbor_router/http/asio.hpp"

namespace harbor_router::testing {

template <class T>
http::Awaitable<> store_result(http::Awaitable<T> work, std::optional<T>& result) {
  result.emplace(co_await std::move(work));
}

template <class Condition>
void run_until(http::asio::io_context& context, Condition condition) {
  while (!condition()) {
    context.restart();
    REQUIRE_MESSAGE(context.run_one() != 0, "nothing is under way that could make it true");
  }
}

// A coroutine under way, whose end can be waited for.
template <class T>
class Running {
 public:
  Running(http::asio::io_context& context, http::Awaitable<T> work) : context_(context) {
    http::asio::co_spawn(context, store_result(std::move(work), result_),
                         [this](std::exception_ptr error) {
                           error_ = error;
                           done_ = true;
                         });
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] bool done() const noexcept { return done_; }
  T get() {
    run_until(context_, [this] { return done_; });
    if (error_) std::rethrow_exception(error_);
    return std::move(*result_);
  }

 private:
  http::asio::io_context& context_;
  std::optional<T> result_;
  std::exception_ptr error_;
  bool done_ = false;
};

template <class T>
T run(http::asio::io_context& context, http::Awaitable<T> work) {
  return Running<T>(context, std::move(work)).get();
}

}  // namespace harbor_router::testing
