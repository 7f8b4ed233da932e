#include "server/cache_json.hpp"

#include <charconv>

#include "server/request_metrics.hpp"

namespace harbor_router::server {

namespace {

constexpr std::size_t most_looked_at = 20'000;  // of one page: some milliseconds

}  // namespace

PullCounts pull_counts(observe::Registry& metrics) {
  using State = routing::CacheState;
  const auto count = [&metrics](State state) { return pulls_by_cache(metrics, state).value(); };
  return {.hits = count(State::hit) + count(State::manifest_hit),
          .stale_hits = count(State::stale),
          .negative_hits = count(State::negative),
          .misses = count(State::miss)};
}

Json statistics_json(const store::Statistics& statistics, const PullCounts& pulls) {
  const std::uint64_t found = pulls.hits + pulls.stale_hits;
  const std::uint64_t lookups = found + pulls.negative_hits + pulls.misses;
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  return {{"entries", statistics.entries},
          {"negative_entries", statistics.negative_entries},
          {"bytes", statistics.bytes},
          {"lookups", lookups},
          {"hits", pulls.hits},
          {"stale_hits", pulls.stale_hits},
          {"negative_hits", pulls.negative_hits},
          {"misses", pulls.misses},
          {"hit_ratio", share(found, lookups)},
          {"negative_share", share(statistics.negative_entries, statistics.entries)},
          {"evictions", statistics.evictions}};
}

Json cache_page_json(routing::Core& core, const PullCounts& pulls, const CachePage& page) {
  const auto projects = core.projects.get();
  Json json = {{"source", "memory"},
               {"stats", statistics_json(core.mappings.statistics(), pulls)},
               {"entries", Json::array()}};
  Json& entries = json["entries"];
  const store::ImagePattern pattern(page.pattern);
  std::size_t looked_at = 0;
  const auto next = core.mappings.for_each_from(
      page.from,
      [&](const store::Entry& entry) {
        if (entries.size() == page.limit || looked_at++ == most_looked_at) return false;
        if (!pattern.matches(entry.key())) return true;
        const auto project = projects ? projects->by_id(entry.project) : nullptr;
        entries.push_back(mapping_json(entry, project ? project->name : std::string()));
        return true;
      },
      base::Clock::now());
  if (next) json["next"] = text_of(*next);
  return json;
}

std::string text_of(store::Cursor cursor) {
  return std::to_string(cursor.shard) + '.' + std::to_string(cursor.entry);
}

std::optional<store::Cursor> cursor_of(std::string_view text) {
  store::Cursor cursor;
  if (text.empty()) return cursor;
  const char* const end = text.data() + text.size();
  const auto shard = std::from_chars(text.data(), end, cursor.shard);
  if (shard.ec != std::errc{} || shard.ptr == end || *shard.ptr != '.') return std::nullopt;
  const auto entry = std::from_chars(shard.ptr + 1, end, cursor.entry);
  if (entry.ec != std::errc{} || entry.ptr != end) return std::nullopt;
  return cursor;
}

}  // namespace harbor_router::server
