// What happens in the stand-in: the log of requests, counts, and gauges of connections and
// requests. One lock and one condition variable, so that a test can wait for any of it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "harbor_router/stub/request_log.hpp"

namespace harbor_router::stub {

[[nodiscard]] bool matches(const RequestFilter& filter, std::string_view method,
                           std::string_view project, Endpoint endpoint);

class Activity {
 public:
  explicit Activity(std::size_t log_limit) : log_limit_(log_limit) {}

  [[nodiscard]] std::uint64_t connection_opened();  // its number, from 1
  void connection_closed();
  [[nodiscard]] std::uint64_t request_begun(LoggedRequest request);  // its number, from 1
  void answer_begun(std::uint64_t number, unsigned status);
  void request_ended(std::uint64_t number, std::uint64_t body_bytes);

  struct Gauges {
    std::size_t accepted = 0;  // connections since the start
    std::size_t open = 0;      // connections
    std::size_t in_progress = 0;
  };
  [[nodiscard]] Gauges gauges() const;
  [[nodiscard]] std::vector<LoggedRequest> requests(const RequestFilter& filter) const;
  [[nodiscard]] std::size_t count(const RequestFilter& filter) const;
  void clear_requests();

  // Waits until condition(*this) holds; it is called with the lock held and may only use *_locked.
  template <class Condition>
  [[nodiscard]] bool wait(std::chrono::milliseconds limit, Condition condition) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return condition(*this); });
  }
  [[nodiscard]] const Gauges& gauges_locked() const { return gauges_; }
  [[nodiscard]] std::size_t count_locked(const RequestFilter& filter) const;

 private:
  [[nodiscard]] LoggedRequest* find_locked(std::uint64_t number);

  std::size_t log_limit_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Gauges gauges_;
  std::uint64_t last_number_ = 0;
  std::deque<LoggedRequest> log_;  // numbers are consecutive
  std::map<std::tuple<std::string, std::string, Endpoint>, std::size_t> counts_;
};

}  // namespace harbor_router::stub
