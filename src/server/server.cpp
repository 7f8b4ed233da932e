#include "harbor_router/server/server.hpp"

#include <csignal>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>

#include "server/discovery_loop.hpp"
#include "server/keep_running.hpp"
#include "server/kept.hpp"
#include "server/listener.hpp"
#include "server/session.hpp"

namespace harbor_router::server {

namespace asio = boost::asio;

// Everything but `shared` belongs to the first worker's thread once run() has begun.
struct Server::Parts {
  Parts(Settings settings, observe::Log& log, observe::Registry& metrics)
      : shared(std::move(settings), log, metrics) {}

  void leave(const char* why);  // readiness down at once, drain after SHUTDOWN_DELAY
  void begin_drain();
  void look_whether_drained(base::TimePoint now);
  void end_workers();

  Shared shared;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<Acceptor> acceptors;  // one a worker
  std::vector<Acceptor> metrics_acceptor;
  std::unique_ptr<asio::signal_set> signals;
  std::uint16_t port = 0, metrics_port = 0;
  std::unique_ptr<http::Timer> delay_timer;
  std::unique_ptr<Kept> kept;  // null: neither Redis nor a snapshot
  base::TimePoint drain_until = base::TimePoint::max();
  http::Deadlines::Check drain_check;
  std::atomic<std::size_t> busy_workers{0};
};

// Each on its own thread, since only that one knows what it is doing.
void Server::Parts::end_workers() {
  for (auto& worker : workers)
    asio::post(worker->context, [&ending = *worker] {
      record_cut(ending);
      ending.context.stop();
    });
}

void Server::Parts::leave(const char* why) {
  if (shared.leaving.exchange(true)) {
    shared.log.info("ending at once", {{"why", why}});
    end_workers();
    return;
  }
  const Duration delay = shared.settings.listen.shutdown_delay;
  if (delay <= Duration::zero()) return begin_drain();
  shared.log.info("leaving: not ready any more, serving on for SHUTDOWN_DELAY");
  delay_timer = std::make_unique<http::Timer>(workers.front()->context.get_executor(), delay);
  delay_timer->async_wait([this](error_code cancelled) {
    if (!cancelled) begin_drain();
  });
}

void Server::Parts::begin_drain() {
  shared.draining = true;
  shared.log.info("draining");
  drain_until = base::Clock::now() + shared.settings.listen.shutdown_grace;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    Worker& worker = *workers[i];
    Acceptor& acceptor = acceptors[i];
    asio::post(worker.context, [this, &worker, &acceptor] {
      accept_waiting_clients(worker, acceptor);
      error_code ignored;  // closing is all that is wanted
      acceptor.close(ignored);
      worker.drain([this] { busy_workers.fetch_sub(1); });
    });
  }
  drain_check = workers.front()->deadlines.every_sweep(
      [this](base::TimePoint now) { look_whether_drained(now); });
}

void Server::Parts::look_whether_drained(base::TimePoint now) {
  const bool drained = busy_workers.load() == 0;
  if (!drained && now < drain_until) return;
  shared.log.info(drained ? "drained" : "grace is over, open connections are cut");
  end_workers();
}

Server::Server(Settings settings, observe::Log& log, observe::Registry& metrics)
    : parts_(std::make_unique<Parts>(std::move(settings), log, metrics)) {
  Parts& parts = *parts_;
  const ListenSettings& listen_settings = parts.shared.settings.listen;
  Address address = listen_settings.pulls;
  for (unsigned i = 0; i < listen_settings.threads; ++i) {
    parts.workers.push_back(std::make_unique<Worker>(parts.shared, i));
    parts.acceptors.push_back(listen(*parts.workers.back(), address, listen_settings.backlog,
                                     i == 0 ? Listener::first : Listener::further));
    address.port =
        parts.acceptors.back().local_endpoint().port();  // the others share a chosen port
  }
  parts.port = address.port;
  parts.kept = Kept::make(parts.shared, parts.workers);
  parts.metrics_acceptor.push_back(listen(*parts.workers.front(), listen_settings.metrics,
                                          listen_settings.backlog, Listener::first));
  parts.metrics_port = parts.metrics_acceptor.front().local_endpoint().port();
}

Server::~Server() = default;

std::uint16_t Server::port() const noexcept {
  return parts_->port;
}
std::uint16_t Server::metrics_port() const noexcept {
  return parts_->metrics_port;
}

void Server::stop() {
  asio::post(parts_->workers.front()->context, [this] { parts_->leave("stop"); });
}

void Server::run() {
  Parts& parts = *parts_;
  parts.busy_workers = parts.workers.size();
  Worker& first = *parts.workers.front();
  parts.signals = std::make_unique<asio::signal_set>(first.context, SIGTERM, SIGINT);
  std::function<void()> await_signal = [&parts, &await_signal] {
    parts.signals->async_wait([&parts, &await_signal](error_code error, int number) {
      if (error) return;
      parts.leave(number == SIGTERM ? "SIGTERM" : "SIGINT");
      await_signal();
    });
  };
  await_signal();
  for (std::size_t i = 0; i < parts.workers.size(); ++i) {
    Worker& worker = *parts.workers[i];
    Acceptor& acceptor = parts.acceptors[i];
    keep_running(worker, "accepting clients",
                 [&worker, &acceptor] { return accept_clients(worker, acceptor, Port::pulls); });
  }
  keep_running(first, "accepting at METRICS_ADDR", [&first, &parts] {
    return accept_clients(first, parts.metrics_acceptor.front(), Port::metrics);
  });
  keep_running(first, "discovery", [&first] { return discover_forever(first); });
  if (parts.kept) parts.kept->start();
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < parts.workers.size(); ++i)
    threads.emplace_back([&worker = *parts.workers[i]] { worker.context.run(); });
  first.context.run();
  for (std::thread& thread : threads) thread.join();
  if (parts.kept) parts.kept->finish();
}

}  // namespace harbor_router::server
