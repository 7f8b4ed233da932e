#include "server/kept.hpp"

#include <filesystem>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "harbor_router/harbor/project_list_text.hpp"
#include "harbor_router/redis/inspect.hpp"
#include "harbor_router/store/image_pattern.hpp"
#include "harbor_router/store/snapshot.hpp"

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
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = *workers_[i];
    redis::CacheEvents events;
    events.connected = [this, i] {
      redis_state_->connected(i);
      if (i != 0 || std::exchange(warmed_, true)) return;
      http::asio::co_spawn(workers_.front()->context, warm_up(), http::asio::detached);
    };
    events.away = [this, i](const base::Failure& why) { redis_state_->away(i, why); };
    events.dropped = [this] { redis_state_->dropped_writes.add(); };
    events.ignored = [this] { redis_state_->ignored_values.add(); };
    caches_.push_back(std::make_unique<redis::SharedCache>(
        redis::Thread{worker.context, worker.deadlines, settings_.redis, tls_.get()},
        std::move(events)));
    worker.resolver.share(caches_.back().get());
  }
}

Kept::~Kept() {
  if (thread_.joinable()) finish();
}

void Kept::start() {
  if (!caches_.empty()) start_redis();
  every_minute(first_round);
  thread_ = std::thread([this] { context_.run(); });
}

void Kept::start_redis() {
  Worker& first = *workers_.front();
  for (std::size_t i = 0; i < workers_.size(); ++i)
    http::asio::co_spawn(workers_[i]->context, caches_[i]->run(), http::asio::detached);
  redis::News news;
  news.purge = [this](const std::string& pattern) {
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
  const redis::Thread thread{first.context, first.deadlines, settings_.redis, tls_.get()};
  http::asio::co_spawn(first.context, redis::listen_to_master(thread, news), http::asio::detached);
  http::asio::co_spawn(first.context, redis::listen_to_sentinels(thread, news),
                       http::asio::detached);
  shared_.on_discovered = [this] { publish_projects(); };
  shared_.on_breaker_open = [this](const std::string& project) {
    http::asio::post(workers_.front()->context, [this, project] {
      http::asio::co_spawn(workers_.front()->context, caches_.front()->tell_breaker_open(project),
                           http::asio::detached);
    });
  };
  shared_.purge_replicas = [this](const std::string& pattern) {
    http::asio::post(context_, [this, pattern] {
      const auto purged = redis::purge(settings_.redis, pattern);
      if (purged)
        shared_.log.info("purged from Redis",
                         {{"pattern", pattern}, {"mappings", std::to_string(purged->records)}});
      else
        shared_.log.error("not purged from Redis",
                          {{"pattern", pattern}, {"error", purged.error().detail}});
    });
  };
}

void Kept::finish() {
  http::asio::post(context_, [this] {
    timer_.cancel();
    work_.reset();
  });
  thread_.join();
  write_snapshot();
}

void Kept::every_minute(std::chrono::seconds from_now) {
  timer_.expires_after(from_now);
  timer_.async_wait([this](error_code cancelled) {
    if (cancelled) return;
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

http::Awaitable<> Kept::warm_up() {
  redis::SharedCache& cache = *caches_.front();
  const std::string text = co_await cache.projects();
  if (!text.empty()) adopt_projects(text, "Redis");
  const auto list = shared_.core.projects.get();
  if (!list) co_return;
  const auto records = co_await cache.hottest(settings_.warmup_top_n);
  std::size_t restored = 0;
  for (const store::Record& record : records) {
    if (!believes(record))
      cache.ignored();
    else if (restore(record))
      ++restored;
  }
  shared_.log.info("warm from Redis", {{"mappings", std::to_string(restored)}});
}

bool Kept::adopt_projects(const std::string& text, const char* from) {
  auto kept = harbor::parse_kept_projects(text);
  if (!kept) {
    shared_.log.warning("a list of projects is not used",
                        {{"from", from}, {"why", kept.error().detail}});
    if (!caches_.empty()) caches_.front()->ignored();
    return false;
  }
  if (shared_.core.projects.get() || kept->projects.empty()) return false;
  const store::Now now = store::Now::read();
  const auto age = std::max<std::chrono::nanoseconds>(now.wall - kept->discovered, {});
  auto list = std::make_shared<const harbor::ProjectList>(std::move(kept->projects));
  shared_.core.projects.set(list);
  shared_.discovered_at = (now.steady - age).time_since_epoch().count();
  shared_.discovered.set(static_cast<std::int64_t>(list->size()));
  shared_.log.info("projects known before discovery",
                   {{"from", from}, {"count", std::to_string(list->size())}});
  return true;
}

bool Kept::believes(const store::Record& record) {
  // Absence holds for everybody only where everybody has the same rights.
  if (record.negative) return shared_.settings.auth_mode == AuthMode::service;
  const auto list = shared_.core.projects.get();
  const auto project = list ? list->by_id(record.project_id) : nullptr;
  return project && project->name == record.project;
}

bool Kept::restore(const store::Record& record) {
  return shared_.core.mappings.restore(record, store::Now::read());
}

void Kept::read_snapshot() {
  std::error_code ignored;  // said by open() below
  if (!std::filesystem::exists(settings_.snapshot_file, ignored) && !ignored)
    return;  // first start
  auto snapshot = store::Snapshot::open(settings_.snapshot_file);
  if (!snapshot) {
    shared_.log.warning("the snapshot is not used", {{"why", snapshot.error().detail}});
    return;
  }
  if (!snapshot->projects().empty()) adopt_projects(snapshot->projects(), "snapshot");
  std::size_t restored = 0;
  const auto read = snapshot->for_each([&](const store::Record& record) {
    if (believes(record) && restore(record)) ++restored;
    return true;
  });
  if (!read)
    shared_.log.warning("the snapshot is not used to its end", {{"why", read.error().detail}});
  shared_.log.info("warm from the snapshot", {{"mappings", std::to_string(restored)}});
}

void Kept::write_snapshot() {
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
