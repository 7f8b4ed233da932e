#include "redis/client.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "harbor_router/base/chance.hpp"

namespace harbor_router::redis {

using base::Errc;
using base::failure;

namespace {

constexpr std::size_t batch_bytes = 64U << 10U;
constexpr std::size_t client_read_bytes = 64U << 10U;

std::string formatted(const Write& write) {
  if (!write.value) return command({"UNLINK", write.key});
  const auto left = write.until - store::Now::read().wall;
  const std::string milliseconds = std::to_string(std::max<std::int64_t>(1, left.count()));
  if (write.over == Write::Over::nothing)
    return command({"SET", write.key, *write.value, "PX", milliseconds, "NX"});
  return command({"SET", write.key, *write.value, "PX", milliseconds});
}

}  // namespace

struct Client::Waiter {
  Waiter(const http::Executor& executor, base::TimePoint until, std::size_t questions)
      : timer(executor, until), left(questions) {}
  Timer timer;
  std::size_t left;  // questions without an answer
  std::vector<Reply> replies;
  std::optional<base::Failure> failed;

  void give(Reply reply) {
    replies.push_back(std::move(reply));
    if (--left == 0) timer.cancel();
  }
  void fail(base::Failure why) {
    failed = std::move(why);
    timer.cancel();
  }
};

// A connection in use; the coroutine that sends and the one that reads share it.
struct Client::Session {
  Session(std::unique_ptr<Link> to, http::Deadlines& deadlines, const http::Executor& executor)
      : link(std::move(to)), wake(executor, base::TimePoint::max()) {
    answer_due.attach(deadlines, [this] { end("no answer within REDIS_TIMEOUT"); });
  }
  void end(const char* reason, Errc kind = Errc::closed) {
    if (ended) return;
    ended = true;
    why = failure(kind, reason);
    link->connection().close();
    wake.cancel();
  }

  std::unique_ptr<Link> link;
  ReplyReader reader;
  http::Deadline answer_due;  // of the oldest command without an answer
  Timer wake;                 // cancelled when there is something to send, or room to
  bool ended = false;
  base::Failure why;
};

Client::Client(Surroundings surroundings, ClientEvents events)
    : surroundings_(surroundings), events_(std::move(events)), search_(surroundings.settings) {}

Client::~Client() = default;

Awaitable<> Client::run() {
  Timer timer(surroundings_.context.get_executor());
  for (;;) {
    FoundMaster found = co_await find_master(surroundings_, search_);
    if (found.link) {
      std::string why = co_await serve(std::move(found.link));
      found.wait = search_.lost(why, base::chance()).span;
    }
    if (events_.away) events_.away(search_.why());
    timer.expires_after(found.wait);
    auto [stopped] = co_await timer.async_wait(http::as_result);
    if (stopped) co_return;
  }
}

// Until the connection is lost; gives back why.
Awaitable<std::string> Client::serve(std::unique_ptr<Link> link) {
  auto session = std::make_shared<Session>(std::move(link), surroundings_.deadlines,
                                           surroundings_.context.get_executor());
  session_ = session;
  session->link->connection().deadline.clear();
  if (events_.connected) events_.connected();
  http::asio::co_spawn(surroundings_.context, send_queue(session), http::asio::detached);
  try {
    co_await read_replies(session);
  } catch (const std::exception& fault) {  // a bug, or want of memory
    session->end(fault.what(), Errc::io);
  }
  session_ = nullptr;
  session->answer_due.clear();
  put_back_sent(session->why);
  co_return session->why.detail;
}

Awaitable<> Client::read_replies(std::shared_ptr<Session> session) {
  std::string space(client_read_bytes, '\0');
  while (!session->ended) {
    auto [error, count] = co_await session->link->connection().read_some(http::asio::buffer(space));
    if (error) {
      const std::string message = error.message();
      session->end(message.c_str());
      break;
    }
    session->reader.feed(std::string_view(space).substr(0, count));
    while (!session->ended) {
      auto reply = session->reader.next();
      if (!reply) session->end(reply.error().detail.c_str(), reply.error().code);
      if (!reply || !*reply) break;
      std::string why;
      if (!take_reply(std::move(**reply), why)) session->end(why.c_str());
      if (sent_.empty())
        session->answer_due.clear();
      else
        session->answer_due.set_after(surroundings_.settings.timeout);
    }
    if (sent_.size() < most_sent / 2 && !queue_.empty()) session->wake.cancel();
  }
}

bool Client::take_reply(Reply reply, std::string& why) {
  if (sent_.empty()) {
    why = "answers what nobody asked";
    return false;
  }
  // A master that became a replica, or one not ready yet: the command is for another try.
  for (const char* word : {"READONLY", "LOADING", "MASTERDOWN", "NOAUTH"}) {
    if (!reply.is_error(word)) continue;
    why = reply.text;
    return false;
  }
  Pending answered = std::move(sent_.front());
  sent_.pop_front();
  search_.worked();
  if (reply.is_error("NOPERM") && events_.forbidden) events_.forbidden(reply.text);
  // A write refused for its own sake (memory is full, no right to the key) is refused again.
  if (answered.write && reply.is_error() && events_.dropped) events_.dropped();
  const bool refused = reply.is_error() && !reply.is_error("NOPERM");
  if (answered.write && answered.write->value && std::exchange(refuses_, refused) != refused &&
      events_.refuses)
    events_.refuses(refused ? reply.text : std::string());
  if (answered.waiter) answered.waiter->give(std::move(reply));
  return true;
}

// Writes go to the next connection in their order; nobody waits for an answer to come by there.
void Client::put_back_sent(const base::Failure& why) {
  while (!sent_.empty()) {
    queue_.push_front(std::move(sent_.back()));
    sent_.pop_back();
  }
  std::deque<Pending> kept;
  for (Pending& each : queue_) {
    if (each.waiter)
      each.waiter->fail(why);
    else
      kept.push_back(std::move(each));
  }
  for (; kept.size() > most_queued; kept.pop_front())
    if (events_.dropped) events_.dropped();
  queue_ = std::move(kept);
}

void Client::take_batch(std::string& batch) {
  while (!queue_.empty() && sent_.size() < most_sent && batch.size() < batch_bytes) {
    Pending next = std::move(queue_.front());
    queue_.pop_front();
    const bool over =
        next.write && next.write->value && next.write->until <= store::Now::read().wall;
    if (over) continue;  // waited longer than it holds
    batch += next.write ? formatted(*next.write) : next.question;
    sent_.push_back(std::move(next));
  }
}

Awaitable<> Client::send_queue(std::shared_ptr<Session> session) {
  try {
    co_await send_batches(session);
  } catch (const std::exception& fault) {
    session->end(fault.what(), Errc::io);
  }
}

Awaitable<> Client::send_batches(std::shared_ptr<Session> session) {
  while (!session->ended) {
    std::string batch;
    const bool idle = sent_.empty();
    take_batch(batch);
    if (batch.empty()) {
      session->wake.expires_at(base::TimePoint::max());
      co_await session->wake.async_wait(http::as_result);
      continue;
    }
    if (idle) session->answer_due.set_after(surroundings_.settings.timeout);
    const http::TwoBuffers buffers = {http::asio::buffer(batch), http::asio::const_buffer()};
    const http::error_code error =
        co_await session->link->connection().write(buffers, surroundings_.settings.timeout);
    if (!error) continue;
    const std::string message = error.message();
    session->end(message.c_str());
  }
}

Awaitable<base::Result<Reply>> Client::ask(std::string question) {
  std::vector<std::string> questions;
  questions.push_back(std::move(question));
  auto replies = co_await ask_all(std::move(questions));
  if (!replies) co_return replies.error();
  co_return std::move(replies->front());
}

Awaitable<base::Result<std::vector<Reply>>> Client::ask_all(std::vector<std::string> questions) {
  if (!session_ || session_->ended) co_return failure(Errc::closed, "not connected to Redis");
  if (queue_.size() + questions.size() > most_queued)
    co_return failure(Errc::limited, "Redis does not keep up");
  const std::size_t asked = questions.size();
  auto waiter =
      std::make_shared<Waiter>(surroundings_.context.get_executor(),
                               base::Clock::now() + surroundings_.settings.timeout, asked);
  for (std::string& question : questions)
    queue_.push_back({.question = std::move(question), .waiter = waiter});
  const std::weak_ptr<Session> asked_on = session_;
  session_->wake.cancel();
  co_await waiter->timer.async_wait(http::as_result);
  if (waiter->failed) co_return *waiter->failed;
  if (waiter->left == 0) co_return std::move(waiter->replies);
  // What was never sent says nothing of the connection: writes were before it.
  const std::size_t unsent =
      std::erase_if(queue_, [&waiter](const Pending& each) { return each.waiter == waiter; });
  const auto session = asked_on.lock();
  if (session && unsent < asked) session->end("no answer within REDIS_TIMEOUT");
  co_return failure(Errc::timeout, "no answer within REDIS_TIMEOUT");
}

void Client::write(Write write) {
  if (queue_.size() >= most_queued) {
    // The oldest write is the one closest to its end.
    if (events_.dropped) events_.dropped();
    if (!queue_.front().write) return;
    queue_.pop_front();
  }
  queue_.push_back({.write = std::move(write)});
  if (session_) session_->wake.cancel();
}

void Client::replace(Write newest) {
  std::erase_if(queue_, [&newest](const Pending& each) {
    return each.write && each.write->key == newest.key;
  });
  write(std::move(newest));
}

void Client::forget_writes(const std::function<bool(const std::string& key)>& meant) {
  for (std::deque<Pending>* each : {&queue_, &sent_})
    for (Pending& pending : *each)
      if (pending.write && pending.write->value && meant(pending.write->key))
        pending.write->until = {};  // as one that waited too long
}

void Client::hear_of_master(const ServerAddress& master) {
  if (session_ && search_.tried() != master)
    session_->end("a Sentinel says that the master is another");
}

}  // namespace harbor_router::redis
