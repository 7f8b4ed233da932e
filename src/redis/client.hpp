// One multiplexed, pipelined connection of one thread to the master, and the way back to it.
//
// Invariants: replies come in the order of commands, so a command that got none in time ends the
// connection. A write is kept, in order and bounded, until the master has answered it: also while
// there is no connection; what does not fit is dropped and counted. A question is asked now or
// fails. Nothing here blocks or throws for what Redis or the network does. One thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harbor_router/store/mapping_store.hpp"
#include "redis/link.hpp"

namespace harbor_router::redis {

// SET of a value that lasts until then (PX, from what is left when it is sent), or, without a
// value, UNLINK.
struct Write {
  enum class Over { anything, nothing };
  std::string key;
  std::optional<std::string> value;
  store::WallTime until{};
  Over over = Over::anything;  // nothing: only where there is no value (NX)
};

struct ClientEvents {
  std::function<void()> connected;
  std::function<void(const base::Failure& why)> away;     // at each attempt; may be as before
  std::function<void()> dropped;                          // a write
  std::function<void(const std::string& why)> forbidden;  // a command, for want of a right
  // Values are refused from here on (memory is full, a cluster), with its words; "": no more.
  std::function<void(const std::string& why)> refuses;
};

class Client {
 public:
  static constexpr std::size_t most_queued = 10'000;  // writes and questions not yet sent
  static constexpr std::size_t most_sent = 1'000;     // not yet answered

  Client(Surroundings surroundings, ClientEvents events);
  ~Client();
  // Keeps the connection, until the context stops.
  [[nodiscard]] Awaitable<> run();
  // Bounded by REDIS_TIMEOUT. An error reply is a reply.
  [[nodiscard]] Awaitable<base::Result<Reply>> ask(std::string command);
  // At once, and within REDIS_TIMEOUT together: all replies, in the order of commands, or none.
  [[nodiscard]] Awaitable<base::Result<std::vector<Reply>>> ask_all(
      std::vector<std::string> commands);
  void write(Write write);
  // The same, instead of those of its key that still wait: for a value that is long.
  void replace(Write write);
  // Those queued, or sent and without an answer, are not tried again.
  void forget_writes(const std::function<bool(const std::string& key)>& meant);
  // Somebody says that this is the master: if it is another than in use, the Sentinels are asked.
  void hear_of_master(const ServerAddress& master);

 private:
  struct Waiter;
  struct Pending {
    std::optional<Write> write;
    std::string question;
    std::shared_ptr<Waiter> waiter;  // of a question
  };
  struct Session;

  [[nodiscard]] Awaitable<std::string> serve(std::unique_ptr<Link> link);
  [[nodiscard]] Awaitable<> read_replies(std::shared_ptr<Session> session);
  // What is thrown in here ends the session, as a loss of the connection does.
  [[nodiscard]] Awaitable<> send_queue(std::shared_ptr<Session> session);
  [[nodiscard]] Awaitable<> send_batches(std::shared_ptr<Session> session);
  void take_batch(std::string& batch);
  // Whether the connection is still good.
  [[nodiscard]] bool take_reply(Reply reply, std::string& why);
  void put_back_sent(const base::Failure& why);

  Surroundings surroundings_;
  ClientEvents events_;
  MasterSearch search_;
  std::deque<Pending> queue_, sent_;
  bool refuses_ = false;              // the last value written was
  std::shared_ptr<Session> session_;  // null: not connected
};

}  // namespace harbor_router::redis
