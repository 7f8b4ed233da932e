// One connection to a Redis or Sentinel, signed in, and the way to the master's.
//
// ask() is for one question at a time; Client does its own reading and writing on top. One thread.
#pragma once

#include <memory>
#include <string>

#include "harbor_router/http/connection.hpp"
#include "harbor_router/redis/settings.hpp"
#include "redis/command.hpp"
#include "redis/master_search.hpp"
#include "redis/reply.hpp"
#include "redis/servers.hpp"

namespace harbor_router::redis {

using http::Awaitable;
using http::Timer;

// What every coroutine of this room needs; what is borrowed outlives it.
struct Surroundings {
  explicit Surroundings(const Thread& thread)
      : context(thread.context),
        deadlines(thread.deadlines),
        settings(thread.settings),
        servers(std::make_shared<Servers>(thread)) {}
  http::asio::io_context& context;
  http::Deadlines& deadlines;
  const Settings& settings;
  const std::shared_ptr<Servers> servers;
};

class Link {
 public:
  enum class Peer { server, sentinel };

  // Connects, speaks TLS where set, signs in and selects the database. Failure refused_account says
  // which setting is wrong.
  [[nodiscard]] static Awaitable<base::Result<std::unique_ptr<Link>>> open(
      Surroundings surroundings, ServerAddress address, Peer peer, base::TimePoint deadline);
  explicit Link(std::unique_ptr<http::Connection> connection)
      : connection_(std::move(connection)) {}

  [[nodiscard]] Awaitable<base::Result<Reply>> ask(std::string command, base::TimePoint deadline);
  // The next reply, also one that nobody asked for. At the deadline: failure timeout, and the
  // connection is closed.
  [[nodiscard]] Awaitable<base::Result<Reply>> read(base::TimePoint deadline);
  [[nodiscard]] http::Connection& connection() noexcept { return *connection_; }

 private:
  [[nodiscard]] Awaitable<base::Result<void>> sign_in(const Settings& settings, Peer peer,
                                                      base::TimePoint deadline);
  std::unique_ptr<http::Connection> connection_;
  ReplyReader reader_;
  std::string space_;
};

// How long connecting, signing in and asking for the role may take together.
[[nodiscard]] base::Duration connect_limit(const Settings& settings) noexcept;

struct FoundMaster {
  std::unique_ptr<Link> link;         // null: nobody is master now, search.why() says more
  std::chrono::milliseconds wait{0};  // before the next attempt
};
// Follows the search once round.
[[nodiscard]] Awaitable<FoundMaster> find_master(Surroundings surroundings, MasterSearch& search);

}  // namespace harbor_router::redis
