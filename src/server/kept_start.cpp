// What a router starts with: the snapshot, then Redis.
#include <filesystem>

#include "harbor_router/harbor/project_list_text.hpp"
#include "harbor_router/routing/candidates.hpp"
#include "harbor_router/store/snapshot.hpp"
#include "server/kept.hpp"

namespace harbor_router::server {

namespace {

constexpr std::chrono::milliseconds first_wait_to_warm{50}, last_wait_to_warm{5000};
// An answer that takes too long ends the connection; one too big for REDIS_TIMEOUT always will.
constexpr int most_late_answers = 5;

}  // namespace

http::Awaitable<> Kept::warm_up() {
  http::Timer timer(workers_.front()->context.get_executor());
  std::chrono::milliseconds wait = first_wait_to_warm;
  bool has_projects = false;
  for (int late = 0; late < most_late_answers;) {
    base::Errc why = base::Errc::closed;
    if (!has_projects) {
      const auto text = co_await caches_.front()->projects();
      has_projects = text.has_value();
      if (text && !text->empty()) adopt_projects(*text, "Redis");
      if (!text) why = text.error().code;
    }
    if (has_projects) {
      const auto restored = co_await restore_hottest();
      if (restored) co_return;
      why = restored.error().code;
    }
    if (why == base::Errc::timeout) ++late;
    timer.expires_after(wait);
    auto [stopped] = co_await timer.async_wait(http::as_result);
    if (stopped) co_return;
    wait = std::min(2 * wait, last_wait_to_warm);
  }
  caches_.front()->ignored();
  shared_.log.warning(
      "what Redis has from before is not used: reading it takes longer than REDIS_TIMEOUT");
}

http::Awaitable<base::Result<void>> Kept::restore_hottest() {
  redis::SharedCache& cache = *caches_.front();
  if (!shared_.core.projects.get())
    co_return base::failure(base::Errc::unavailable, "no list of projects to check them against");
  const auto records = co_await cache.hottest(settings_.warmup_top_n);
  if (!records && records.error().code == base::Errc::protocol) {  // longer than any answer is
    cache.ignored();
    co_return base::Result<void>{};
  }
  if (!records) co_return records.error();
  std::size_t restored = 0;
  for (const store::Record& record : *records) {
    if (!believes(record))
      cache.ignored();
    else if (restore(record))
      ++restored;
  }
  shared_.log.info("warm from Redis", {{"mappings", std::to_string(restored)}});
  co_return base::Result<void>{};
}

void Kept::adopt_projects(const std::string& text, const char* from) {
  auto kept = harbor::parse_kept_projects(text);
  if (!kept) {
    shared_.log.warning("a list of projects is not used",
                        {{"from", from}, {"why", kept.error().detail}});
    if (!caches_.empty()) caches_.front()->ignored();
    return;
  }
  const store::Now now = store::Now::read();
  const harbor::WallTime discovered = std::min(kept->discovered, now.wall);
  const auto in_use = shared_.core.projects.get();
  if (kept->projects.empty() || (in_use && (in_use != adopted_ || discovered <= adopted_from_)))
    return;
  auto list = std::make_shared<const harbor::ProjectList>(std::move(kept->projects));
  const std::chrono::nanoseconds age = now.wall - discovered;
  shared_.discovered_at = (now.steady - age).time_since_epoch().count();
  shared_.core.adopt(list, now.steady);
  adopted_ = list;
  adopted_from_ = discovered;
  shared_.discovered.set(static_cast<std::int64_t>(list->size()));
  shared_.log.info("projects known before discovery",
                   {{"from", from}, {"count", std::to_string(list->size())}});
}

bool Kept::believes(const store::Record& record) {
  // Absence holds for everybody only where everybody has the same rights.
  if (record.negative) return shared_.settings.auth_mode == AuthMode::service;
  const auto list = shared_.core.projects.get();
  return list && routing::names_candidate(record, *list, shared_.settings.upstream.max_fanout);
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
  std::size_t restored = 0, ignored_records = 0;
  const auto read = snapshot->for_each([&](const store::Record& record) {
    if (!believes(record))
      ++ignored_records;
    else if (restore(record))
      ++restored;
    return true;
  });
  if (!read)
    shared_.log.warning("the snapshot is not used to its end", {{"why", read.error().detail}});
  shared_.log.info("warm from the snapshot", {{"mappings", std::to_string(restored)},
                                              {"ignored", std::to_string(ignored_records)}});
}

}  // namespace harbor_router::server
