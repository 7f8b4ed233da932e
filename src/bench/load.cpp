#include "harbor_router/bench/load.hpp"

#include <algorithm>
#include <thread>

#include "bench/client_loop.hpp"

namespace harbor_router::bench {

struct Load::Threads {
  std::vector<std::thread> running;
  std::atomic<unsigned> ended{0};
};

Load::Load(LoadPlan plan) : plan_(std::move(plan)), threads_(std::make_unique<Threads>()) {}

Load::~Load() {
  stop();
  for (std::thread& thread : threads_->running) thread.join();
}

void Load::start() {
  const base::TimePoint now = base::Clock::now();
  measured_from_ = now + plan_.pace.warmup;
  const unsigned threads = std::max(1U, std::min(plan_.threads, plan_.connections));
  for (unsigned i = 0; i < threads; ++i) {
    const unsigned connections =
        plan_.connections / threads + (i < plan_.connections % threads ? 1 : 0);
    const ClientLoop::Part part{
        .share = {.thread = i, .threads = threads}, .connections = connections, .start = now};
    loops_.push_back(std::make_unique<ClientLoop>(plan_, part));
  }
  for (const auto& loop : loops_)
    threads_->running.emplace_back([this, &loop = *loop] {
      loop.run();
      threads_->ended.fetch_add(1);
    });
}

void Load::stop() noexcept {
  for (const auto& loop : loops_) loop->stop();
}

void Load::use(const Requests& requests) noexcept {
  for (const auto& loop : loops_) loop->use(requests);
}

bool Load::is_done() const noexcept {
  return threads_->ended.load() == loops_.size();
}

std::uint64_t Load::finished() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& loop : loops_) sum += loop->finished();
  return sum;
}

Measurement Load::result() {
  for (std::thread& thread : threads_->running) thread.join();
  threads_->running.clear();
  Measurement result;
  for (const auto& loop : loops_) result.merge(loop->measurement());
  return result;
}

}  // namespace harbor_router::bench
