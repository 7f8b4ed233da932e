#include "server/worker.hpp"

#include <ctime>

namespace harbor_router::server {

namespace {

// There are no more threads than connections, so that each may have one.
http::PoolSettings pool_settings(const Settings& settings, unsigned thread) {
  const unsigned threads = settings.listen.threads;
  return {.max_idle = share_of(settings.upstream.max_idle, threads, thread),
          .max_connections = share_of(settings.upstream.max_connections, threads, thread),
          .idle_timeout = settings.upstream.idle_timeout};
}

}  // namespace

std::size_t share_of(std::size_t limit, unsigned threads, unsigned thread) noexcept {
  return limit / threads + (thread < limit % threads ? 1 : 0);
}

Worker::Worker(Shared& shared_by_all, unsigned thread)
    : shared(shared_by_all),
      metrics(shared.metrics),
      pool(context, deadlines, shared.settings.upstream.harbor,
           pool_settings(shared.settings, thread), &shared.tls),
      client(pool, buffers, shared.account, shared.tokens,
             {.timeout = shared.settings.upstream.question_timeout,
              .on_answer = [this](const std::string& project,
                                  int status) { metrics.count_upstream(project, status); }}),
      resolver(shared.core, client, context.get_executor(),
               {.max_fanout = shared.settings.upstream.max_fanout,
                .timeout = shared.settings.upstream.question_timeout,
                .retry = {.repeats = shared.settings.upstream.retry_repeats,
                          .base_delay = shared.settings.upstream.retry_base_delay}}) {
  update_date();
  sweeping_ = deadlines.every_sweep([this](base::TimePoint now) { sweep(now); });
  deadlines.start();
}

std::unique_ptr<RequestState> Worker::take_state() {
  if (free_states_.empty()) return std::make_unique<RequestState>();
  auto state = std::move(free_states_.back());
  free_states_.pop_back();
  return state;
}

void Worker::give_back(std::unique_ptr<RequestState> state) {
  constexpr std::size_t kept = 256, kept_bytes = 64 * 1024;
  state->body.clear();  // may hold a password
  state->path.reset();
  state->pull.question.credentials = nullptr;
  state->reply = Reply{};
  if (free_states_.size() < kept && state->out.capacity() <= kept_bytes)
    free_states_.push_back(std::move(state));
}

void Worker::drain(std::function<void()> on_drained) {
  on_drained_ = std::move(on_drained);
  // Interrupted and not closed: what was read a moment ago is still answered.
  for (Session& session : sessions) {
    if (session.idle && session.port == Port::pulls && !session.has_asked())
      session.connection.interrupt();
  }
}

bool Worker::drained() const {
  for (const Session& session : sessions)
    if (session.port == Port::pulls) return false;
  return true;
}

void Worker::sweep(base::TimePoint) {
  update_date();
  for (Session& session : sessions) {
    if (!session.on_gone || !session.connection.peer_is_gone()) continue;
    const auto on_gone = std::exchange(session.on_gone, nullptr);
    on_gone();
  }
  if (on_drained_ && drained()) std::exchange(on_drained_, nullptr)();
}

void Worker::update_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  date.assign(text, size);
}

}  // namespace harbor_router::server
