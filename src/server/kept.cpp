#include "server/kept.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "harbor_router/harbor/project_list_text.hpp"
#include "harbor_router/store/snapshot.hpp"
#include "server/keep_running.hpp"

namespace harbor_router::server {

namespace {

constexpr std::chrono::seconds first_round{5}, round{60};
// Lists of projects in Redis outlast the loss of every router for a day.
constexpr std::chrono::hours projects_last{24};

}  // namespace

std::unique_ptr<Kept> Kept::make(Shared& shared, Workers& workers) {
  const KeptSettings& settings = shared.settings.kept;
  if (!settings.redis.enabled() && settings.snapshot_file.empty()) return nullptr;
  return std::make_unique<Kept>(shared, workers);
}

Kept::Kept(Shared& shared, Workers& workers)
    : shared_(shared), workers_(workers), settings_(shared.settings.kept) {
  if (!settings_.snapshot_file.empty()) read_snapshot();
  if (!settings_.redis.enabled()) return;
  tls_ = redis::make_tls(settings_.redis);
  redis_state_ = std::make_unique<RedisState>(shared_.log, shared_.metrics, workers_.size());
  purges_ = std::make_unique<RedisPurges>(settings_.redis, shared_.log, context_);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = *workers_[i];
    redis::CacheEvents events;
    events.connected = [this, i] {
      redis_state_->connected(i);
      if (i != 0 || std::exchange(warming_, true)) return;
      keep_running(*workers_.front(), "reading from Redis at start", [this] { return warm_up(); });
    };
    events.away = [this, i](const base::Failure& why) { redis_state_->away(i, why); };
    events.dropped = [this] { redis_state_->dropped_writes.add(); };
    events.ignored = [this] { redis_state_->ignored_values.add(); };
    events.forbidden = [this](const std::string& why) { redis_state_->forbidden(why); };
    events.refuses = [this, i](const std::string& why) { redis_state_->refuses(i, why); };
    caches_.push_back(std::make_unique<redis::SharedCache>(
        redis::Thread{worker.context, worker.deadlines, settings_.redis, tls_.get()},
        purges_->pending, std::move(events)));
    worker.resolver.share(caches_.back().get());
  }
}

Kept::~Kept() {
  if (thread_.joinable()) finish();
}

void Kept::start() {
  if (!caches_.empty()) start_redis();
  // So that what was purged does not come back with a process that is killed.
  shared_.on_purged = [this] {
    if (snapshot_due_.exchange(true)) return;
    http::asio::post(context_, [this] {
      if (!finishing_) write_snapshot();
    });
  };
  every_minute(first_round);
  thread_ = std::thread([this] { context_.run(); });
}

void Kept::start_redis() {
  Worker& first = *workers_.front();
  for (std::size_t i = 0; i < workers_.size(); ++i)
    keep_running(*workers_[i], "the connection to Redis", [this, i] { return caches_[i]->run(); });
  redis::News news;
  news.purge = [this](const std::string& pattern) {
    purges_->pending.heard(pattern, base::Clock::now());
    forget_writes(pattern);
    http::asio::post(context_, [this, pattern] { forget_matching(pattern); });
  };
  news.breaker_opened = [this](const std::string& name) {
    const auto projects = shared_.core.projects.get();
    if (!projects) return;
    for (const auto& project : projects->all())
      if (project->name == name) shared_.core.breakers.suspect(*project);
  };
  news.master_switched = [this](const redis::ServerAddress& master) {
    for (std::size_t i = 0; i < workers_.size(); ++i)
      http::asio::post(workers_[i]->context,
                       [this, i, master] { caches_[i]->hear_of_master(master); });
  };
  news.forbidden = [this](const std::string& why) { redis_state_->forbidden(why); };
  listener_ = std::make_unique<redis::Listener>(
      redis::Thread{first.context, first.deadlines, settings_.redis, tls_.get()}, std::move(news));
  keep_running(first, "listening to Redis", [this] { return listener_->listen_to_master(); });
  keep_running(first, "listening to Sentinels",
               [this] { return listener_->listen_to_sentinels(); });
  shared_.on_discovered = [this] { publish_projects(); };
  shared_.on_breaker_open = [this](const std::string& project) {
    http::asio::post(workers_.front()->context, [this, project] {
      http::asio::co_spawn(workers_.front()->context, caches_.front()->tell_breaker_open(project),
                           http::asio::detached);
    });
  };
  shared_.purge_replicas = [this](const std::string& pattern) {
    purges_->add(pattern);
    forget_writes(pattern);
    return redis_state_->is_connected() ? "pending" : "away";
  };
}

void Kept::finish() {
  if (purges_) purges_->stop();
  http::asio::post(context_, [this] {
    finishing_ = true;
    timer_.cancel();
    work_.reset();
  });
  thread_.join();
  write_snapshot();
}

void Kept::every_minute(std::chrono::seconds from_now) {
  timer_.expires_after(from_now);
  timer_.async_wait([this](error_code cancelled) {
    // The timer may have been over by when it was cancelled.
    if (cancelled || finishing_) return;
    write_snapshot();
    publish_hottest();
    every_minute(round);
  });
}

void Kept::publish_hottest() {
  if (caches_.empty()) return;
  const std::size_t most = settings_.warmup_top_n;
  auto entries = shared_.core.mappings.hottest(most, base::Clock::now());
  http::asio::post(workers_.front()->context, [this, most, entries = std::move(entries)]() mutable {
    http::asio::co_spawn(workers_.front()->context,
                         caches_.front()->publish_hottest(std::move(entries), most),
                         http::asio::detached);
  });
}

void Kept::publish_projects() {
  const auto list = shared_.core.projects.get();
  if (!list || list->size() == 0) return;
  const store::WallTime now = store::Now::read().wall;
  caches_.front()->publish_projects(harbor::to_text(*list, now), now + projects_last);
}

void Kept::forget_matching(const std::string& pattern) {
  const std::size_t count = shared_.forget_matching(pattern);
  shared_.log.info("purged, as a replica asks",
                   {{"pattern", pattern}, {"mappings", std::to_string(count)}});
}

// What is queued was learnt before the purge.
void Kept::forget_writes(const std::string& pattern) {
  for (std::size_t i = 0; i < workers_.size(); ++i)
    http::asio::post(workers_[i]->context,
                     [this, i, pattern] { caches_[i]->forget_writes(pattern); });
}

void Kept::write_snapshot() {
  snapshot_due_ = false;
  if (settings_.snapshot_file.empty()) return;
  const auto list = shared_.core.projects.get();
  if (!list) return;  // nothing is known: what an earlier start knew stays
  const store::Now now = store::Now::read();
  const base::TimePoint discovered{base::Duration(shared_.discovered_at.load())};
  const auto age = std::chrono::floor<std::chrono::milliseconds>(now.steady - discovered);
  store::SnapshotWriter writer(settings_.snapshot_file, harbor::to_text(*list, now.wall - age),
                               now.wall);
  const auto add = [&](const store::Entry& entry) {
    if (entry.identity != 0) return true;  // one person's, of this process
    if (entry.state == store::State::lapsed) return true;
    std::string name;
    if (entry.state != store::State::negative) {
      const auto project = list->by_id(entry.project);
      if (!project) return true;
      name = project->name;
    }
    writer.add(
        store::record_of(entry, std::move(name), shared_.core.mappings.settings(), now.wall));
    return true;
  };
  shared_.core.mappings.for_each(add, now.steady);
  const auto written = writer.commit();
  const std::string failure = written ? std::string() : written.error().detail;
  if (!failure.empty() && failure != snapshot_failure_)
    shared_.log.error("the snapshot is not written, the old one stays", {{"why", failure}});
  snapshot_failure_ = failure;
}

}  // namespace harbor_router::server
