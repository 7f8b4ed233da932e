// The log's own thread: it empties the rings of all threads into the output.
//
// Invariants: mutex_ guards what is between the threads except the rings, which are lock-free; the
// writer never holds it while it formats or writes. A ring belongs to one (thread, log) pair and
// lives until both have let it go: the thread at its end, the writer after emptying it once more.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "harbor_router/observe/log.hpp"
#include "observe/byte_ring.hpp"
#include "observe/log_lines.hpp"
#include "observe/log_output.hpp"
#include "observe/log_record.hpp"

namespace harbor_router::observe {

class Log::Writer {
 public:
  explicit Writer(const LogSettings& settings);
  ~Writer();  // empties all rings
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void put(LogRecord& record);
  void wake() noexcept;
  void flush();
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

 private:
  using Rings = std::vector<std::shared_ptr<ByteRing>>;

  [[nodiscard]] ByteRing& ring_of_this_thread();
  void run();
  void empty(ByteRing& ring);
  void write_out();

  const std::uint64_t number_;  // of this log among all the process ever had
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> urgent_{false};

  std::mutex mutex_;
  std::condition_variable work_, flushed_;
  Rings rings_;
  std::uint64_t flush_wanted_ = 0, flush_done_ = 0;
  bool stopping_ = false;

  LogLines format_;  // the writer thread's own, like output_
  LogOutput output_;
  std::thread thread_;
};

}  // namespace harbor_router::observe
