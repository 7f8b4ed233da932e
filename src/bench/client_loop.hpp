// One thread of the load: its connections, driven by one edge-triggered epoll loop.
//
// A free connection takes the next request that is due; a connection is made, or made again, when a
// request needs it, and that is part of its latency. A request that found its kept connection
// closed before any byte of the answer is asked once more, as every client does.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <deque>
#include <span>
#include <vector>

#include "bench/reply_reader.hpp"
#include "bench/stream.hpp"
#include "harbor_router/bench/load.hpp"
#include "harbor_router/bench/schedule.hpp"

namespace harbor_router::bench {

class ClientLoop {
 public:
  struct Part {
    Share share;
    unsigned connections = 1;  // of this thread
    base::TimePoint start;
  };
  // plan must outlive it.
  ClientLoop(const LoadPlan& plan, Part part);
  ~ClientLoop();
  ClientLoop(const ClientLoop&) = delete;
  ClientLoop& operator=(const ClientLoop&) = delete;

  // On the thread that asks; returns when all is asked and answered, or soon after stop().
  void run();
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }  // any thread
  // For the requests that begin from now on; any thread. Both must outlive the loop.
  void use(const Requests& requests) noexcept {
    requests_.store(&requests, std::memory_order_release);
  }
  // Answers and failures so far; any thread.
  [[nodiscard]] std::uint64_t finished() const noexcept {
    return finished_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const Measurement& measurement() const noexcept { return measurement_; }

 private:
  enum class Stage { free, resting, connecting, handshaking, writing, reading };
  struct Slot {
    Slot(const LoadPlan& plan);
    Stream stream;
    ReplyReader reader;
    Stage stage = Stage::free;
    Schedule::Due due;
    Requests::Request request;
    std::string scratch;
    std::string_view unsent;
    base::TimePoint deadline;   // of the request; of a resting slot, the end of its rest
    std::uint64_t answers = 0;  // on this connection
    bool repeated = false;
  };

  [[nodiscard]] int wait(std::span<epoll_event> events);
  void take_due(base::TimePoint now);
  void begin(Slot& slot, const Schedule::Due& due, base::TimePoint now);
  void connect(Slot& slot, base::TimePoint now);
  void go_on(Slot& slot, bool peer_ended);
  void send(Slot& slot);
  void read(Slot& slot, bool peer_ended);
  void answered(Slot& slot);
  void lost(Slot& slot, Trouble trouble);
  void count_failure(const Slot& slot, Trouble trouble, base::TimePoint now);
  void count_latency(const Slot& slot, base::TimePoint now);
  void free(Slot& slot, base::TimePoint now);
  void rest(Slot& slot, base::TimePoint now);
  void sweep(base::TimePoint now);
  void wake_at(base::TimePoint when);
  [[nodiscard]] std::uint64_t tag_of(const Slot& slot) const noexcept;

  const LoadPlan& plan_;
  Schedule schedule_;
  std::deque<Slot> slots_;
  std::vector<Slot*> free_;
  std::vector<char> buffer_;
  Measurement measurement_;
  base::TimePoint last_finish_, last_sweep_, wake_at_;
  std::size_t busy_ = 0;
  std::size_t turn_ = 0;  // among the target's addresses
  int epoll_, timer_;
  std::atomic<const Requests*> requests_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> finished_{0};
};

}  // namespace harbor_router::bench
