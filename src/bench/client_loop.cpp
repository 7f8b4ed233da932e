#include "bench/client_loop.hpp"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace harbor_router::bench {

using base::Clock;
using base::TimePoint;

namespace {

constexpr std::uint64_t timer_tag = ~std::uint64_t{0};
constexpr std::chrono::milliseconds sweep_every{20};
constexpr std::chrono::microseconds look_before_sleep{4};
constexpr std::chrono::milliseconds rest_after_failure{50};  // of a connection that cannot be made
constexpr std::size_t read_bytes = std::size_t{256} * 1024;

Nanoseconds thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

}  // namespace

ClientLoop::Slot::Slot(const LoadPlan& plan) : stream(plan.tls, plan.host), reader(plan.verify) {}

ClientLoop::ClientLoop(const LoadPlan& plan, Part part)
    : plan_(plan),
      schedule_(plan.pace, part.share, part.start),
      buffer_(read_bytes),
      last_finish_(part.start),
      last_sweep_(part.start),
      wake_at_(TimePoint::max()),
      turn_(part.share.thread),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      requests_(plan.requests) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = timer_tag;
  if (epoll_ < 0 || timer_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event) != 0)
    throw std::system_error(errno, std::system_category(), "epoll");
  for (unsigned i = 0; i < part.connections; ++i) slots_.emplace_back(plan);
  for (Slot& slot : slots_) free_.push_back(&slot);
}

ClientLoop::~ClientLoop() {
  ::close(timer_);
  ::close(epoll_);
}

std::uint64_t ClientLoop::tag_of(const Slot& slot) const noexcept {
  return reinterpret_cast<std::uintptr_t>(&slot);
}

void ClientLoop::run() {
  epoll_event events[256];
  while (!stopped_.load(std::memory_order_relaxed)) {
    TimePoint now = Clock::now();
    take_due(now);
    if (busy_ == 0 && !schedule_.next(now)) break;
    const int count = wait(events);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == timer_tag) {
        std::uint64_t times = 0;  // read so that it is not told again
        if (::read(timer_, &times, sizeof times) > 0) wake_at_ = TimePoint::max();
        continue;
      }
      Slot& slot = *reinterpret_cast<Slot*>(static_cast<std::uintptr_t>(events[i].data.u64));
      go_on(slot, (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
    now = Clock::now();
    if (now - last_sweep_ >= sweep_every) sweep(now);
  }
  const TimePoint now = Clock::now();
  measurement_.generator_cpu = thread_cpu();
  measurement_.rate_asked = plan_.pace.rate;
  measurement_.unsent = schedule_.untaken(now);
  const TimePoint end = std::min(schedule_.end(), stopped_.load() ? now : TimePoint::max());
  measurement_.elapsed = std::max(
      (end == TimePoint::max() ? last_finish_ : end) - schedule_.measured_from(), Nanoseconds{0});
}

// Whoever answers a thread that sleeps has to wake it, in the target's time: the less a request
// costs us, the more often that would be. So there is another look, for a moment, before the sleep;
// not for a single answer, which is a whole request of the target's away.
int ClientLoop::wait(std::span<epoll_event> events) {
  const auto look = [&](int milliseconds) {
    return ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
  };
  if (busy_ > 1) {
    const TimePoint sleep_at = Clock::now() + look_before_sleep;
    do {
      if (const int count = look(0); count > 0) return count;
    } while (Clock::now() < sleep_at);
  }
  return look(static_cast<int>(sweep_every.count()));
}

void ClientLoop::take_due(TimePoint now) {
  while (!free_.empty()) {
    const auto due = schedule_.next(now);
    if (!due) return;
    if (due->at > now) return wake_at(due->at);
    Slot& slot = *free_.back();
    free_.pop_back();
    begin(slot, *due, now);
  }
}

void ClientLoop::wake_at(TimePoint when) {
  if (when == wake_at_) return;
  wake_at_ = when;
  const auto since_epoch = when.time_since_epoch();  // steady_clock is CLOCK_MONOTONIC
  itimerspec spec{};
  spec.it_value.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
  spec.it_value.tv_nsec = (since_epoch % std::chrono::seconds(1)).count();
  ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void ClientLoop::begin(Slot& slot, const Schedule::Due& due, TimePoint now) {
  schedule_.taken(due);
  ++busy_;
  ++measurement_.asked;
  slot.due = due;
  slot.deadline = now + plan_.timeout;
  slot.repeated = false;
  slot.request = requests_.load(std::memory_order_acquire)->pick(due.number, slot.scratch);
  if (!slot.stream.is_open()) return connect(slot, now);
  send(slot);
}

void ClientLoop::connect(Slot& slot, TimePoint) {
  slot.answers = 0;
  slot.stage = Stage::connecting;
  const http::Endpoint& endpoint = plan_.endpoints[turn_++ % plan_.endpoints.size()];
  if (!slot.stream.open(endpoint, epoll_, tag_of(slot))) lost(slot, Trouble::connect);
}

void ClientLoop::go_on(Slot& slot, bool peer_ended) {
  switch (slot.stage) {
    case Stage::free:
    case Stage::resting:
      if (peer_ended) slot.stream.close();  // a kept connection that the peer gave up
      return;
    case Stage::connecting: {
      const Progress progress = slot.stream.connected();
      if (progress == Progress::wait) return;
      if (progress == Progress::failed) return lost(slot, Trouble::connect);
      slot.stage = Stage::handshaking;
      [[fallthrough]];
    }
    case Stage::handshaking: {
      const Progress progress = slot.stream.handshaken();
      if (progress == Progress::wait) return;
      if (progress == Progress::failed) return lost(slot, Trouble::tls);
      if (slot.due.measured) ++measurement_.connections;
      return send(slot);
    }
    case Stage::writing: {
      const Progress progress = slot.stream.write(slot.unsent);
      if (progress == Progress::failed) return lost(slot, Trouble::closed);
      if (progress == Progress::done) slot.stage = Stage::reading;
      return read(slot, peer_ended);  // the peer may answer before it has read everything
    }
    case Stage::reading:
      return read(slot, peer_ended);
  }
}

void ClientLoop::send(Slot& slot) {
  slot.reader.begin(slot.request.method, slot.request.digest);
  slot.unsent = slot.request.bytes;
  const Progress progress = slot.stream.write(slot.unsent);
  if (progress == Progress::failed) return lost(slot, Trouble::closed);
  slot.stage = progress == Progress::done ? Stage::reading : Stage::writing;
}

// An edge is told once: read until there is nothing left, and after the peer's end until its end.
void ClientLoop::read(Slot& slot, bool peer_ended) {
  for (;;) {
    const Stream::Read got = slot.stream.read(buffer_);
    if (got.state == Progress::wait) return;
    const auto state = got.state == Progress::done
                           ? slot.reader.feed(std::span(buffer_).first(got.count))
                           : slot.reader.ended();
    if (got.state == Progress::failed) slot.stream.close();
    if (state == ReplyReader::State::bad) return lost(slot, slot.reader.trouble());
    if (state == ReplyReader::State::whole) {
      // What ends with its answer is closed by answered(); an end told along with the last bytes of
      // an answer is not told again.
      if (peer_ended) slot.stream.close();
      return answered(slot);
    }
    if (got.drained && !peer_ended) return;
  }
}

void ClientLoop::count_latency(const Slot& slot, TimePoint now) {
  measurement_.latency.record(now - slot.due.at);
  measurement_.timeline.answered(now - schedule_.measured_from(), now - slot.due.at);
}

void ClientLoop::answered(Slot& slot) {
  const TimePoint now = Clock::now();
  ++slot.answers;
  if (!slot.reader.keep_alive()) slot.stream.close();
  if (slot.due.measured) {
    const int status = slot.reader.status();
    ++measurement_.statuses[status];
    measurement_.bytes += slot.reader.received();
    if (slot.reader.verified()) ++measurement_.verified;
    if (status >= 400 && !(status == 404 && slot.request.may_be_missing)) {
      count_failure(slot, Trouble::status, now);
    } else {
      ++measurement_.good;
      if (now <= schedule_.end()) ++measurement_.good_in_time;
      count_latency(slot, now);
    }
  }
  free(slot, now);
}

void ClientLoop::count_failure(const Slot& slot, Trouble trouble, TimePoint now) {
  if (!slot.due.measured) return;
  ++measurement_.errors[static_cast<std::size_t>(trouble)];
  measurement_.timeline.failed(now - schedule_.measured_from());
}

void ClientLoop::lost(Slot& slot, Trouble trouble) {
  const TimePoint now = Clock::now();
  slot.stream.close();
  const bool kept_one_closed =
      trouble == Trouble::closed && slot.answers > 0 && !slot.reader.begun() && !slot.repeated;
  if (kept_one_closed) {
    slot.repeated = true;
    return connect(slot, now);
  }
  if (slot.due.measured) {
    measurement_.bytes += slot.reader.received();
    if (trouble == Trouble::digest) {
      ++measurement_.verified;
      ++measurement_.statuses[slot.reader.status()];
    }
  }
  count_failure(slot, trouble, now);
  if (trouble == Trouble::timeout && slot.due.measured) count_latency(slot, now);
  if (trouble == Trouble::connect || trouble == Trouble::tls) return rest(slot, now);
  free(slot, now);
}

void ClientLoop::rest(Slot& slot, TimePoint now) {
  --busy_;
  slot.stage = Stage::resting;
  slot.deadline = now + rest_after_failure;
  last_finish_ = now;
  finished_.store(finished_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void ClientLoop::free(Slot& slot, TimePoint now) {
  --busy_;
  slot.stage = Stage::free;
  last_finish_ = now;
  finished_.store(finished_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  // At once, while the slot is warm, unless others have waited longer.
  const auto due = free_.empty() ? schedule_.next(now) : std::nullopt;
  if (due && due->at <= now && !stopped_.load(std::memory_order_relaxed) && slot.stream.is_open())
    return begin(slot, *due, now);
  free_.push_back(&slot);
}

void ClientLoop::sweep(TimePoint now) {
  last_sweep_ = now;
  for (Slot& slot : slots_) {
    if (slot.stage == Stage::free || now < slot.deadline) continue;
    if (slot.stage == Stage::resting) {
      slot.stage = Stage::free;
      free_.push_back(&slot);
    } else {
      lost(slot, Trouble::timeout);
    }
  }
}

}  // namespace harbor_router::bench
