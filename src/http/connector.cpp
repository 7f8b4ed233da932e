#include "harbor_router/http/connector.hpp"

#include <algorithm>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "harbor_router/base/guarded.hpp"
#include "http/name_lookup.hpp"

namespace harbor_router::http {

using base::Clock;
using base::Errc;
using base::failure;

namespace {

// Out of files, memory or threads, here.
bool is_own_want(error_code error) noexcept {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::no_buffer_space || error == errc::not_enough_memory ||
         error == errc::resource_unavailable_try_again;
}

}  // namespace

struct Connector::Names {
  Names(std::chrono::nanoseconds keep_for, asio::io_context& context)
      : addresses(keep_for), home(&context) {}
  Addresses addresses;
  bool looking_up = false;
  error_code error;                       // why the last look-up found nothing
  std::vector<Timer*> waiting;            // each lives in the frame of a connect()
  base::Guarded<asio::io_context*> home;  // null: the connector has gone, its context may have
};

Connector::Connector(asio::io_context& context, Deadlines& deadlines, Origin origin,
                     NameSettings settings, asio::ssl::context* tls)
    : context_(context),
      deadlines_(deadlines),
      origin_(std::move(origin)),
      settings_(std::move(settings)),
      tls_(tls),
      names_(std::make_shared<Names>(settings_.look_up_again_after, context)) {}

Connector::~Connector() {
  *names_->home.lock() = nullptr;
}

// One look-up at a time, for all who want to connect: getaddrinfo cannot be cancelled, and a thread
// waits in it.
void Connector::look_up_unless_under_way() {
  if (std::exchange(names_->looking_up, true)) return;
  Found found = [names = names_](error_code error, const std::vector<Endpoint>& endpoints) {
    names->looking_up = false;
    names->error = error;
    if (endpoints.empty())
      names->addresses.could_not_resolve(Clock::now());
    else
      names->addresses.resolved(endpoints, Clock::now());
    for (Timer* waiter : std::exchange(names->waiting, {})) waiter->cancel();
  };
  error_code no_literal;
  const auto literal = asio::ip::make_address(origin_.host, no_literal);
  if (!no_literal) return found({}, {Endpoint(literal, origin_.port)});
  if (settings_.look_up) return settings_.look_up(origin_.host, origin_.port, std::move(found));
  look_up_name(origin_.host, origin_.port,
               [names = names_, found = std::move(found)](error_code error,
                                                          const std::vector<Endpoint>& endpoints) {
                 auto home = names->home.lock();
                 if (*home == nullptr) return;
                 asio::post(**home, [found, error, endpoints] { found(error, endpoints); });
               });
}

void Connector::refresh(base::TimePoint now) {
  if (!names_->addresses.empty() && names_->addresses.must_resolve(now)) look_up_unless_under_way();
}

bool Connector::keeps(const Connection& connection, base::TimePoint now) const noexcept {
  return names_->addresses.keeps(connection.address, connection.made, now);
}

// Only while none is known: an old answer is good enough to try.
Awaitable<base::Result<void>> Connector::wait_for_addresses(base::TimePoint deadline) {
  const std::shared_ptr<Names> names = names_;
  if (names->looking_up) {
    Timer timer(context_.get_executor(), deadline);
    names->waiting.push_back(&timer);
    co_await timer.async_wait(as_result);
    std::erase(names->waiting, &timer);
  }
  if (!names->addresses.empty()) co_return base::Result<void>{};
  if (!names->looking_up && is_own_want(names->error))
    co_return failure(Errc::io, names->error.message());
  const std::string why =
      names->looking_up ? std::string("no answer in time") : names->error.message();
  co_return failure(Errc::resolve_failed, origin_.host + ": " + why);
}

Awaitable<base::Result<std::unique_ptr<Connection>>> Connector::connect(base::TimePoint deadline) {
  if (names_->addresses.must_resolve(Clock::now())) look_up_unless_under_way();
  if (names_->addresses.empty()) {
    auto known = co_await wait_for_addresses(deadline);
    if (!known) co_return known.error();
  }
  base::Failure last = failure(Errc::timeout, origin_.host + ": no time was left to connect");
  const std::vector<Endpoint> order = names_->addresses.order(Clock::now());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Endpoint endpoint = order[i];
    const base::TimePoint now = Clock::now();
    if (now >= deadline) break;
    auto connection = std::make_unique<Connection>(Socket(context_.get_executor()), deadlines_);
    // An address that does not answer must leave time for the others.
    const bool is_last = i + 1 == order.size();
    connection->deadline.set(is_last ? deadline : std::min(deadline, now + (deadline - now) / 2));
    auto [error] = co_await connection->socket().async_connect(endpoint, as_result);
    if (!error) {
      error_code ignored;  // an option refused costs latency, not correctness
      connection->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
      connection->socket().non_blocking(true, ignored);
    }
    if (!error && origin_.scheme == Scheme::https) {
      const error_code tls_error = co_await connection->start_tls(*tls_, origin_.host);
      if (tls_error) {
        last = failure(connection->deadline.expired() ? Errc::connect_timeout : Errc::tls_failed,
                       origin_.host + ": " + connection->words_of(tls_error));
        names_->addresses.refused(endpoint, Clock::now());
        continue;
      }
    }
    if (!error) {
      connection->deadline.clear();
      connection->address = endpoint;
      connection->made = Clock::now();
      names_->addresses.accepted(endpoint);
      co_return connection;
    }
    if (is_own_want(error)) co_return failure(Errc::io, error.message());
    const bool late = connection->deadline.expired();
    last = failure(late ? Errc::connect_timeout : Errc::connect_failed,
                   endpoint.address().to_string() + ":" + std::to_string(endpoint.port()) + ": " +
                       (late ? "no answer in time" : error.message()));
    names_->addresses.refused(endpoint, Clock::now());
  }
  co_return last;
}

}  // namespace harbor_router::http
