#include "observe/log_writer.hpp"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace harbor_router::observe {
namespace {

constexpr std::chrono::milliseconds poll_interval{20};
constexpr std::size_t batch_size = std::size_t{64} * 1024;

// A thread's rings, one for each log it has written to. Logs are told apart by number, since a new
// one may lie at an old one's address.
class RingsOfThread {
 public:
  ~RingsOfThread() {
    for (const auto& [log, ring] : rings_) ring->close();
  }

  [[nodiscard]] ByteRing* find(std::uint64_t log) noexcept {
    if (log == last_log_) return last_;
    for (const auto& [number, ring] : rings_) {
      if (number == log) return remember(log, *ring);
    }
    return nullptr;
  }
  void add(std::uint64_t log, std::shared_ptr<ByteRing> ring) {
    std::erase_if(rings_, [](const auto& kept) { return kept.second.use_count() == 1; });
    remember(log, *ring);
    rings_.emplace_back(log, std::move(ring));
  }

 private:
  ByteRing* remember(std::uint64_t log, ByteRing& ring) noexcept {
    last_log_ = log;
    return last_ = &ring;
  }

  std::uint64_t last_log_ = 0;
  ByteRing* last_ = nullptr;
  std::vector<std::pair<std::uint64_t, std::shared_ptr<ByteRing>>> rings_;
};

thread_local RingsOfThread rings_of_thread;

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// Signals are for other threads, and a pipe without a reader is an error code here.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Log::Writer::Writer(const LogSettings& settings)
    : number_(next_number()), format_(settings.format), output_(settings.file_descriptor) {
  const AllSignalsBlocked inherited_by_the_new_thread;
  thread_ = std::thread([this] { run(); });
}

Log::Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void Log::Writer::put(LogRecord& record) {
  if (!record.put_into(ring_of_this_thread())) dropped_.fetch_add(1, std::memory_order_relaxed);
}

void Log::Writer::wake() noexcept {
  urgent_.store(true, std::memory_order_relaxed);
  work_.notify_one();  // missed at worst until the next poll
}

void Log::Writer::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++flush_wanted_;
  work_.notify_one();
  flushed_.wait(lock, [&] { return flush_done_ >= mine; });
}

ByteRing& Log::Writer::ring_of_this_thread() {
  if (ByteRing* known = rings_of_thread.find(number_)) return *known;
  auto made = std::make_shared<ByteRing>();
  {
    const std::lock_guard lock(mutex_);
    rings_.push_back(made);
  }
  ByteRing& ring = *made;
  rings_of_thread.add(number_, std::move(made));
  return ring;
}

void Log::Writer::run() {
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    work_.wait_for(lock, poll_interval, [&] {
      return stopping_ || flush_wanted_ != flush_done_ ||
             urgent_.exchange(false, std::memory_order_relaxed);
    });
    last = stopping_;
    const std::uint64_t flushing = flush_wanted_;
    const Rings rings = rings_;
    lock.unlock();

    Rings ended;
    for (const auto& ring : rings) {
      if (ring->closed()) ended.push_back(ring);  // asked before emptying: nothing comes after
      empty(*ring);
    }
    write_out();

    lock.lock();
    for (const auto& ring : ended) std::erase(rings_, ring);
    flush_done_ = flushing;
    flushed_.notify_all();
  }
}

void Log::Writer::empty(ByteRing& ring) {
  ring.consume([this](const std::byte* record) {
    format_.append(output_.lines(), LogRecord::from(record));
    if (output_.lines().size() >= batch_size) write_out();
  });
}

void Log::Writer::write_out() {
  if (output_.lines().empty()) return;
  dropped_.fetch_add(output_.write(), std::memory_order_relaxed);
}

}  // namespace harbor_router::observe
