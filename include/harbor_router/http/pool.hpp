// Keep-alive connections of one thread to one origin (Harbor).
//
// Limits are this thread's share. A Lease is one connection in use: given back whole it is kept for
// the next request, dropped it is closed. Callers past max_connections wait in order. Names are
// resolved again at least every 30 s, in the background once an address is known; all addresses are
// used in turn, and one that refuses is skipped for a while. Lives on one thread; must outlive its
// leases.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "harbor_router/base/result.hpp"
#include "harbor_router/http/addresses.hpp"
#include "harbor_router/http/connection.hpp"
#include "harbor_router/http/origin.hpp"

namespace harbor_router::http {

// Looks a name up and calls `found` once, on the thread of the pool, however long that takes.
using Found = std::function<void(error_code, std::vector<Endpoint>)>;
using LookUp = std::function<void(const std::string& host, std::uint16_t port, Found found)>;

struct PoolSettings {
  std::size_t max_idle = 512;
  std::size_t max_connections = 0;  // 0: no limit
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(90);
  LookUp look_up = nullptr;  // empty: the system's getaddrinfo
  std::chrono::nanoseconds look_up_again_after = Addresses::fresh_for;
};

class Pool;

class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { drop(); }

  [[nodiscard]] Connection* operator->() const noexcept { return connection_.get(); }
  [[nodiscard]] Connection& operator*() const noexcept { return *connection_; }
  [[nodiscard]] explicit operator bool() const noexcept { return connection_ != nullptr; }
  // Whether it has carried a request before, so that it may have died meanwhile.
  [[nodiscard]] bool reused() const noexcept { return reused_; }

  void give_back();      // the last answer was read whole and the peer keeps the connection
  void drop() noexcept;  // closes it

 private:
  friend class Pool;
  Pool* pool_ = nullptr;
  std::unique_ptr<Connection> connection_;
  bool reused_ = false;
};

enum class Reuse { allowed, never };

class Pool {
 public:
  // tls: used for https origins; may be null otherwise. Borrowed: must outlive the pool.
  Pool(asio::io_context& context, Deadlines& deadlines, Origin origin, PoolSettings settings,
       asio::ssl::context* tls);
  ~Pool();

  // An idle connection, or an empty lease when there is none that may be used.
  [[nodiscard]] Lease take_idle() noexcept;
  [[nodiscard]] Awaitable<base::Result<Lease>> acquire(Reuse reuse, base::TimePoint deadline);
  [[nodiscard]] const Origin& origin() const noexcept { return origin_; }
  [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
  [[nodiscard]] std::size_t open() const noexcept { return open_; }
  void close_idle() noexcept { idle_.clear(); }

 private:
  friend class Lease;
  using Timer = asio::basic_waitable_timer<base::Clock, asio::wait_traits<base::Clock>, Executor>;
  struct Idle {
    std::unique_ptr<Connection> connection;
    base::TimePoint since;
  };
  // A caller past the limit; its turn comes when passed is set and its timer cancelled.
  struct Waiter {
    Timer timer;
    bool passed = false;
  };

  struct Names;
  [[nodiscard]] Awaitable<base::Result<void>> wait_for_addresses(base::TimePoint deadline);
  void look_up_unless_under_way();
  [[nodiscard]] Awaitable<base::Result<std::unique_ptr<Connection>>> connect(
      base::TimePoint deadline);
  void one_closed() noexcept;
  void drop_old_idle(base::TimePoint now);

  asio::io_context& context_;
  Deadlines& deadlines_;
  Origin origin_;
  PoolSettings settings_;
  asio::ssl::context* tls_;
  std::shared_ptr<Names> names_;  // shared with the look-up under way, which cannot be cancelled
  std::vector<Idle> idle_;        // newest last
  std::deque<Waiter*> waiting_;   // each lives in the frame of its acquire()
  std::size_t open_ = 0;          // leased and connecting
  base::TimePoint last_check_{};
  Deadlines::Check dropping_old_;
};

}  // namespace harbor_router::http
