// The channels: purges and breakers at the master, +switch-master at a Sentinel. A connection that
// subscribes can do nothing else, so each has its own.
#include "harbor_router/base/chance.hpp"
#include "harbor_router/redis/shared_cache.hpp"
#include "redis/keys.hpp"
#include "redis/link.hpp"

namespace harbor_router::redis {

namespace {

// Silence for so long is asked about; as much again without an answer ends the connection.
constexpr std::chrono::seconds quiet{15};
constexpr std::size_t longest_message = 1024;

using OnMessage = std::function<void(const std::string& channel, const std::string& message)>;

// Until the connection is lost or refuses.
Awaitable<> listen(Link& link, std::vector<std::string> channels, OnMessage on_message) {
  Arguments arguments = {"SUBSCRIBE"};
  arguments.insert(arguments.end(), channels.begin(), channels.end());
  std::string question = command(arguments);
  auto reply = co_await link.ask(std::move(question), base::Clock::now() + quiet);
  link.connection().at_deadline = http::AtDeadline::interrupt;
  bool asked = false;
  for (;;) {
    if (reply) {
      asked = false;
      if (reply->is_error()) co_return;
      const auto& parts = reply->elements;
      if (parts.size() == 3 && parts[0].text == "message" &&
          parts[2].text.size() <= longest_message)
        on_message(parts[1].text, parts[2].text);
      reply = co_await link.read(base::Clock::now() + quiet);
    } else {
      if (reply.error().code != base::Errc::timeout || asked) co_return;
      asked = true;
      std::string ping = command({"PING"});
      reply = co_await link.ask(std::move(ping), base::Clock::now() + quiet);
    }
  }
}

Surroundings listening_at(const Thread& thread) {
  return {thread.context, thread.deadlines, thread.settings, thread.tls};
}

Awaitable<> pause(http::asio::io_context& context, std::chrono::milliseconds span) {
  Timer timer(context.get_executor(), span);
  co_await timer.async_wait(http::as_result);
}

// What follows the version, which is 1.
std::string said_in(const std::string& message) {
  return message.starts_with("1 ") ? message.substr(2) : std::string();
}

}  // namespace

http::Awaitable<> listen_to_master(Thread thread, News news) {
  const Surroundings surroundings = listening_at(thread);
  const Keys keys(thread.settings.key_prefix);
  MasterSearch search(thread.settings);
  const OnMessage on_message = [&](const std::string& channel, const std::string& message) {
    search.worked();
    const std::string said = said_in(message);
    if (said.empty()) return;
    if (channel == keys.purges() && news.purge) news.purge(said);
    if (channel == keys.breakers() && news.breaker_opened) news.breaker_opened(said);
  };
  for (;;) {
    FoundMaster found = co_await find_master(surroundings, search);
    if (found.link) {
      std::vector<std::string> channels = {keys.purges(), keys.breakers()};
      co_await listen(*found.link, std::move(channels), on_message);
      found.wait = search.lost("the connection was lost", base::chance()).span;
    }
    co_await pause(thread.context, found.wait);
  }
}

http::Awaitable<> listen_to_sentinels(Thread thread, News news) {
  const Surroundings surroundings = listening_at(thread);
  const Settings& settings = thread.settings;
  constexpr std::chrono::seconds between{1};
  const OnMessage on_message = [&](const std::string&, const std::string& message) {
    const auto master = switched_master(message, settings.master_name);
    if (master && news.master_switched) news.master_switched(*master);
  };
  if (settings.sentinels.empty() || settings.server) co_return;
  for (std::size_t turn = 0;; ++turn) {
    const ServerAddress address = settings.sentinels[turn % settings.sentinels.size()];
    const base::TimePoint deadline = base::Clock::now() + connect_limit(settings);
    auto link = co_await Link::open(surroundings, address, Link::Peer::sentinel, deadline);
    if (link) {
      std::vector<std::string> channels = {"+switch-master"};
      co_await listen(**link, std::move(channels), on_message);
    }
    co_await pause(thread.context, between);
  }
}

}  // namespace harbor_router::redis
