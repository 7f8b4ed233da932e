#include "redis/link.hpp"

#include <algorithm>

#include "harbor_router/base/chance.hpp"

namespace harbor_router::redis {

using base::Errc;
using base::failure;

namespace {

constexpr std::size_t link_read_bytes = 16U << 10U;

// A server may say back what it was sent ("unknown command `AUTH`, with args beginning with:
// `..."), and what is told here reaches the log.
std::string without_arguments(const std::string& text, const std::string& password) {
  const std::string told = text.substr(0, text.find_first_of("`'\",:"));
  const bool tells_all = !password.empty() && told.find(password) != std::string::npos;
  return tells_all ? "an error with the password in it" : told;
}

// Which setting to look at for what a server says about passwords.
base::Failure refused(const std::string& why, Link::Peer peer) {
  const char* const settings = peer == Link::Peer::sentinel ? "REDIS_SENTINEL_PASSWORD"
                                                            : "REDIS_PASSWORD (and REDIS_USERNAME)";
  return failure(Errc::refused_account, std::string("refuses ") + settings + ": " + why);
}

}  // namespace

base::Duration connect_limit(const Settings& settings) noexcept {
  return std::max<base::Duration>(settings.timeout, std::chrono::milliseconds(500));
}

Awaitable<base::Result<std::unique_ptr<Link>>> Link::open(Surroundings surroundings,
                                                          ServerAddress address, Peer peer,
                                                          base::TimePoint deadline) {
  const auto connector = surroundings.servers->at(address);
  auto connection = co_await connector->connect(deadline);
  if (!connection) co_return connection.error();
  auto link = std::make_unique<Link>(std::move(*connection));
  auto signed_in = co_await link->sign_in(surroundings.settings, peer, deadline);
  if (!signed_in) co_return signed_in.error();
  co_return link;
}

Awaitable<base::Result<void>> Link::sign_in(const Settings& settings, Peer peer,
                                            base::TimePoint deadline) {
  const bool sentinel = peer == Peer::sentinel;
  const auto& secret = sentinel ? settings.sentinel_password : settings.password;
  const std::string password = secret ? secret->current() : "";
  const std::string_view username = sentinel ? std::string_view() : settings.username;
  if (!password.empty() || !username.empty()) {
    Arguments arguments = {"AUTH"};
    if (!username.empty()) arguments.push_back(username);
    arguments.push_back(password);
    std::string question = command(arguments);
    auto reply = co_await ask(std::move(question), deadline);
    if (!reply) co_return reply.error();
    if (reply->is_error()) co_return refused(without_arguments(reply->text, password), peer);
  }
  if (!sentinel && settings.database != 0) {
    const std::string number = std::to_string(settings.database);
    std::string question = command({"SELECT", number});
    auto reply = co_await ask(std::move(question), deadline);
    if (!reply) co_return reply.error();
    if (reply->is_error("NOAUTH")) co_return refused(reply->text, peer);
    if (reply->is_error())
      co_return failure(Errc::refused_account, "refuses REDIS_DB " + number + ": " + reply->text);
  }
  co_return base::Result<void>{};
}

Awaitable<base::Result<Reply>> Link::ask(std::string question, base::TimePoint deadline) {
  connection_->deadline.set(deadline);
  const http::TwoBuffers buffers = {http::asio::buffer(question), http::asio::const_buffer()};
  const auto left = std::max<base::Duration>(deadline - base::Clock::now(), base::Duration(1));
  const http::error_code error = co_await connection_->write(buffers, left);
  if (error) co_return failure(Errc::closed, error.message());
  auto reply = co_await read(deadline);
  co_return reply;
}

Awaitable<base::Result<Reply>> Link::read(base::TimePoint deadline) {
  space_.resize(link_read_bytes);
  for (;;) {
    auto reply = reader_.next();
    if (!reply) co_return reply.error();
    if (*reply) co_return std::move(**reply);
    connection_->deadline.set(deadline);
    auto [error, count] = co_await connection_->read_some(http::asio::buffer(space_));
    const bool late = connection_->deadline.expired();
    connection_->deadline.clear();
    // Bytes that were read are no less an answer for a sweep that came before they were looked at.
    if (error && late) co_return failure(Errc::timeout, "no answer in time");
    if (error) co_return failure(Errc::closed, error.message());
    reader_.feed(std::string_view(space_).substr(0, count));
  }
}

Awaitable<FoundMaster> find_master(Surroundings surroundings, MasterSearch& search) {
  const Settings& settings = surroundings.settings;
  MasterSearch::Step step = search.begin();
  for (;;) {
    if (const auto* wait = std::get_if<MasterSearch::Wait>(&step))
      co_return FoundMaster{.link = nullptr, .wait = wait->span};
    const base::TimePoint deadline = base::Clock::now() + connect_limit(settings);
    const auto* const ask = std::get_if<MasterSearch::AskSentinel>(&step);
    const bool sentinel = ask != nullptr;
    const ServerAddress address =
        sentinel ? ask->sentinel : std::get<MasterSearch::TryServer>(step).server;
    const Link::Peer peer = sentinel ? Link::Peer::sentinel : Link::Peer::server;
    auto link = co_await Link::open(surroundings, address, peer, deadline);
    base::Result<Reply> reply = Reply{};
    if (link) {
      std::string question =
          sentinel ? command({"SENTINEL", "get-master-addr-by-name", settings.master_name})
                   : command({"ROLE"});
      reply = co_await (*link)->ask(std::move(question), deadline);
      if (reply && reply->is_error("NOAUTH")) reply = refused(reply->text, peer);
      if (reply && !sentinel) {
        // A server that reads its data set calls itself master already.
        std::string ping = command({"PING"});
        auto ready = co_await (*link)->ask(std::move(ping), deadline);
        if (!ready)
          reply = ready.error();
        else if (ready->is_error("LOADING"))
          reply = failure(Errc::unexpected_answer, ready->text);
      }
    } else {
      reply = link.error();
    }
    if (sentinel && reply) {
      step = search.sentinel_answered(*reply, base::chance());
    } else if (sentinel) {
      step = search.sentinel_failed(reply.error(), base::chance());
    } else if (!reply) {
      step = search.server_failed(reply.error(), base::chance());
    } else if (auto other = search.role_answered(*reply, base::chance())) {
      step = *other;
    } else {
      co_return FoundMaster{.link = std::move(*link)};
    }
  }
}

}  // namespace harbor_router::redis
