#include "harbor_router/http/pool.hpp"

#include <algorithm>

namespace harbor_router::http {

using base::Clock;
using base::Errc;
using base::failure;

Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      connection_(std::move(other.connection_)),
      reused_(other.reused_) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    drop();
    pool_ = std::exchange(other.pool_, nullptr);
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
  }
  return *this;
}

void Lease::give_back() {
  if (!connection_) return;
  Pool& pool = *pool_;
  connection_->deadline.clear();
  const base::TimePoint now = base::recently();
  if (connection_->is_open() && pool.idle_.size() < pool.settings_.max_idle &&
      pool.connector_.keeps(*connection_, now))
    pool.idle_.push_back({std::move(connection_), now});
  connection_.reset();
  pool_ = nullptr;
  pool.one_closed();
}

void Lease::drop() noexcept {
  connection_.reset();
  if (Pool* pool = std::exchange(pool_, nullptr)) pool->one_closed();
}

Pool::Pool(asio::io_context& context, Deadlines& deadlines, Origin origin, PoolSettings settings,
           asio::ssl::context* tls)
    : context_(context),
      deadlines_(deadlines),
      settings_(std::move(settings)),
      connector_(context, deadlines, std::move(origin), settings_.names, tls),
      dropping_old_(deadlines.every_sweep([this](base::TimePoint now) { drop_old_idle(now); })) {}

Pool::~Pool() = default;

void Pool::drop_old_idle(base::TimePoint now) {
  if (now - last_check_ < std::chrono::seconds(1)) return;
  last_check_ = now;
  if (open_ > 0 || !idle_.empty()) connector_.refresh(now);
  std::erase_if(idle_, [&](Idle& each) {
    return now - each.since >= settings_.idle_timeout || !each.connection->is_silent() ||
           !connector_.keeps(*each.connection, now);
  });
}

void Pool::one_closed() noexcept {
  --open_;
  if (waiting_.empty()) return;
  Waiter& next = *waiting_.front();
  waiting_.pop_front();
  next.passed = true;
  ++open_;  // the place is the waiter's from here on
  next.timer.cancel();
}

Lease Pool::take_idle() noexcept {
  Lease lease;
  const bool full = settings_.max_connections != 0 && open_ >= settings_.max_connections;
  if (full || idle_.empty()) return lease;
  ++open_;
  lease.pool_ = this;
  lease.connection_ = std::move(idle_.back().connection);
  idle_.pop_back();
  lease.reused_ = true;
  return lease;
}

Awaitable<base::Result<Lease>> Pool::acquire(Reuse reuse, base::TimePoint deadline) {
  if (settings_.max_connections != 0 && open_ >= settings_.max_connections) {
    Waiter waiter{.timer = Timer(context_.get_executor(), deadline)};
    waiting_.push_back(&waiter);
    co_await waiter.timer.async_wait(as_result);
    if (!waiter.passed) {
      std::erase(waiting_, &waiter);
      co_return failure(Errc::limited, "all " + std::to_string(settings_.max_connections) +
                                           " connections to Harbor are in use");
    }
  } else {
    ++open_;
  }
  Lease lease;
  lease.pool_ = this;
  if (reuse == Reuse::allowed && !idle_.empty()) {
    lease.connection_ = std::move(idle_.back().connection);
    idle_.pop_back();
    lease.reused_ = true;
    co_return lease;
  }
  auto connected = co_await connector_.connect(deadline);
  if (!connected) co_return connected.error();
  lease.connection_ = std::move(*connected);
  co_return lease;
}

}  // namespace harbor_router::http
