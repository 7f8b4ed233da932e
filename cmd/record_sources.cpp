#include "cmd/record_sources.hpp"

#include <chrono>

#include "harbor_router/redis/inspect.hpp"
#include "harbor_router/server/mapping_json.hpp"
#include "harbor_router/store/image_pattern.hpp"
#include "harbor_router/store/snapshot.hpp"

namespace harbor_router {

namespace {

using server::Json;
using store::Record;

// Counts what passes by, and hands on what matches and still holds.
class Passing {
 public:
  Passing(const std::string& pattern, const MappingSource::Visit& visit)
      : pattern_(pattern), visit_(visit) {}

  bool operator()(const Record& record) {
    const store::State state = store::state_of(record, now_);
    if (state == store::State::absent) return true;
    ++entries_;
    if (state == store::State::negative) ++negative_;
    if (!pattern_.matches(record.key())) return true;
    return visit_(server::mapping_json(record, now_));
  }
  // What a key's value does not tell is null.
  bool unreadable(const store::Key& key) const {
    if (!pattern_.matches(key)) return true;
    const store::Entry entry{.hint = std::string(key.hint),
                             .repository = std::string(key.repository),
                             .reference = std::string(key.reference)};
    Json json = server::mapping_json(entry, "");
    json["state"] = unreadable_state;
    for (const char* unknown : {"age_seconds", "expires_in_seconds", "hits"})
      json[unknown] = nullptr;
    return visit_(json);
  }
  [[nodiscard]] Json statistics(std::size_t ignored) const {
    return {{"entries", entries_}, {"negative_entries", negative_}, {"ignored_values", ignored}};
  }

 private:
  const store::ImagePattern pattern_;
  const MappingSource::Visit& visit_;
  const store::WallTime now_ =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::size_t entries_ = 0, negative_ = 0;
};

class RedisRecords final : public MappingSource {
 public:
  explicit RedisRecords(redis::Settings settings) : settings_(std::move(settings)) {}

  std::string name() const override { return "redis"; }
  Json statistics() const override { return statistics_; }
  bool counts_what_it_reads() const override { return true; }

  base::Result<void> read(const std::string& pattern, const Visit& visit) override {
    Passing passing(pattern, visit);
    const auto scanned = redis::scan(
        settings_,
        {.record = [&passing](const Record& record) { return passing(record); },
         .unreadable = [&passing](const store::Key& key) { return passing.unreadable(key); }});
    if (!scanned) return scanned.error();
    statistics_ = passing.statistics(scanned->ignored);
    return {};
  }
  base::Result<std::size_t> purge(const std::string& pattern) override {
    const auto purged = redis::purge(settings_, pattern.empty() ? "*" : pattern);
    if (!purged) return purged.error();
    return purged->records;
  }

 private:
  redis::Settings settings_;
  Json statistics_ = Json::object();
};

class SnapshotRecords final : public MappingSource {
 public:
  explicit SnapshotRecords(std::string path) : path_(std::move(path)) {}

  std::string name() const override { return path_; }
  Json statistics() const override { return statistics_; }
  bool counts_what_it_reads() const override { return true; }

  base::Result<void> read(const std::string& pattern, const Visit& visit) override {
    Passing passing(pattern, visit);
    const auto ignored =
        store::read_snapshot(path_, [&passing](const Record& record) { return passing(record); });
    if (!ignored) return ignored.error();
    statistics_ = passing.statistics(*ignored);
    return {};
  }
  base::Result<std::size_t> purge(const std::string&) override {
    return base::failure(
        base::Errc::invalid,
        "a snapshot is not purged: the router that writes it would write it again; "
        "purge the router, or remove the file while none runs");
  }

 private:
  std::string path_;
  Json statistics_ = Json::object();
};

}  // namespace

std::unique_ptr<MappingSource> redis_source(redis::Settings settings) {
  return std::make_unique<RedisRecords>(std::move(settings));
}

std::unique_ptr<MappingSource> snapshot_source(std::string path) {
  return std::make_unique<SnapshotRecords>(std::move(path));
}

}  // namespace harbor_router
