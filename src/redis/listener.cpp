#include "harbor_router/redis/listener.hpp"

#include "harbor_router/base/chance.hpp"
#include "redis/keys.hpp"
#include "redis/link.hpp"

namespace harbor_router::redis {

namespace {

// Silence for so long is asked about; as much again without an answer ends the connection.
constexpr std::chrono::seconds quiet{15};

using OnMessage = std::function<void(const std::string& channel, const std::string& message)>;

// Until the connection is lost, or refuses: why.
Awaitable<base::Failure> listen(Link& link, std::vector<std::string> channels,
                                OnMessage on_message) {
  Arguments arguments = {"SUBSCRIBE"};
  arguments.insert(arguments.end(), channels.begin(), channels.end());
  std::string question = command(arguments);
  auto reply = co_await link.ask(std::move(question), base::Clock::now() + quiet);
  link.connection().at_deadline = http::AtDeadline::interrupt;
  bool asked = false;
  for (;;) {
    if (reply) {
      asked = false;
      if (reply->is_error())
        co_return base::failure(
            reply->is_error("NOPERM") ? base::Errc::refused_account : base::Errc::unexpected_answer,
            "SUBSCRIBE: " + reply->text);
      const auto& parts = reply->elements;
      if (parts.size() == 3 && parts[0].text == "message") on_message(parts[1].text, parts[2].text);
      reply = co_await link.read(base::Clock::now() + quiet);
    } else {
      if (reply.error().code != base::Errc::timeout || asked) co_return reply.error();
      asked = true;
      std::string ping = command({"PING"});
      reply = co_await link.ask(std::move(ping), base::Clock::now() + quiet);
    }
  }
}

Awaitable<> pause(http::asio::io_context& context, std::chrono::milliseconds span) {
  Timer timer(context.get_executor(), span);
  co_await timer.async_wait(http::as_result);
}

}  // namespace

struct Listener::Parts {
  const Surroundings surroundings;
  const News news;
  MasterSearch search;
  std::weak_ptr<Link> at_master;  // while it listens there
};

Listener::Listener(Thread thread, News news)
    : parts_(new Parts{.surroundings = Surroundings(thread),
                       .news = std::move(news),
                       .search = MasterSearch(thread.settings)}) {}
Listener::~Listener() = default;

http::Awaitable<> Listener::listen_to_master() {
  const News& news = parts_->news;
  MasterSearch& search = parts_->search;
  const Keys keys(parts_->surroundings.settings.key_prefix);
  const OnMessage on_message = [&](const std::string& channel, const std::string& message) {
    search.worked();
    const auto said = said_in(message);
    if (!said) return;
    if (channel == keys.purges() && news.purge) news.purge(*said);
    if (channel == keys.breakers() && news.breaker_opened) news.breaker_opened(*said);
  };
  for (;;) {
    FoundMaster found = co_await find_master(parts_->surroundings, search);
    if (found.link) {
      std::vector<std::string> channels = {keys.purges(), keys.breakers()};
      const std::shared_ptr<Link> link = std::move(found.link);
      parts_->at_master = link;
      const base::Failure why = co_await listen(*link, std::move(channels), on_message);
      if (why.code == base::Errc::refused_account && news.forbidden) news.forbidden(why.detail);
      found.wait = search.lost(why.detail, base::chance()).span;
    }
    co_await pause(parts_->surroundings.context, found.wait);
  }
}

// A master that hangs is silent, as is one at which nothing happens.
void Listener::hear_of_master(const ServerAddress& master) {
  const auto link = parts_->at_master.lock();
  if (link && parts_->search.tried() != master) link->connection().close();
}

http::Awaitable<> Listener::listen_to_sentinels() {
  const Settings& settings = parts_->surroundings.settings;
  constexpr std::chrono::seconds between{1};
  const OnMessage on_message = [&](const std::string&, const std::string& message) {
    const auto master = switched_master(message, settings.master_name);
    if (!master) return;
    hear_of_master(*master);
    if (parts_->news.master_switched) parts_->news.master_switched(*master);
  };
  if (settings.sentinels.empty() || settings.server) co_return;
  for (std::size_t turn = 0;; ++turn) {
    const ServerAddress address = settings.sentinels[turn % settings.sentinels.size()];
    const base::TimePoint deadline = base::Clock::now() + connect_limit(settings);
    auto link = co_await Link::open(parts_->surroundings, address, Link::Peer::sentinel, deadline);
    if (link) {
      std::vector<std::string> channels = {"+switch-master"};
      const base::Failure why = co_await listen(**link, std::move(channels), on_message);
      if (why.code == base::Errc::refused_account && parts_->news.forbidden)
        parts_->news.forbidden(why.detail);
    }
    co_await pause(parts_->surroundings.context, between);
  }
}

}  // namespace harbor_router::redis
