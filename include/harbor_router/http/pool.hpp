// Keep-alive connections of one thread to one origin (Harbor).
//
// Limits are this thread's share. A Lease is one connection in use: given back whole it is kept for
// the next request, dropped it is closed. Callers past max_connections wait in order. Lives on one
// thread; must outlive its leases.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "harbor_router/base/result.hpp"
#include "harbor_router/http/connection.hpp"
#include "harbor_router/http/connector.hpp"
#include "harbor_router/http/origin.hpp"

namespace harbor_router::http {

struct PoolSettings {
  std::size_t max_idle = 512;
  std::size_t max_connections = 0;  // 0: no limit
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(90);
  NameSettings names;
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
  [[nodiscard]] const Origin& origin() const noexcept { return connector_.origin(); }
  [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
  [[nodiscard]] std::size_t open() const noexcept { return open_; }
  void close_idle() noexcept { idle_.clear(); }

 private:
  friend class Lease;
  struct Idle {
    std::unique_ptr<Connection> connection;
    base::TimePoint since;
  };
  // A caller past the limit; its turn comes when passed is set and its timer cancelled.
  struct Waiter {
    Timer timer;
    bool passed = false;
  };

  void one_closed() noexcept;
  void drop_old_idle(base::TimePoint now);

  asio::io_context& context_;
  Deadlines& deadlines_;
  PoolSettings settings_;
  Connector connector_;
  std::vector<Idle> idle_;       // newest last
  std::deque<Waiter*> waiting_;  // each lives in the frame of its acquire()
  std::size_t open_ = 0;         // leased and connecting
  base::TimePoint last_check_{};
  Deadlines::Check dropping_old_;
};

}  // namespace harbor_router::http
