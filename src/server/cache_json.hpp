// The mappings as /debug/cache tells them: a page of entries and the totals. Pure but for the
// store's locks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/routing/core.hpp"
#include "harbor_router/server/mapping_json.hpp"
#include "harbor_router/store/image_pattern.hpp"

namespace harbor_router::server {

struct CachePage {
  std::string pattern;  // see store::ImagePattern
  std::size_t limit = 1000;
  store::Cursor from;
};

// How pulls ended, by what was known of the image. A pull that is a miss looks into the store more
// than once, so its own counts would tell a lower ratio than clients see.
struct PullCounts {
  std::uint64_t hits = 0, stale_hits = 0, negative_hits = 0, misses = 0;
};
[[nodiscard]] PullCounts pull_counts(observe::Registry& metrics);

// {"source","stats":{},"entries":[...],"next"}; next is there while more may follow. One page looks
// at a bounded number of entries, so it may be short, or empty, before the end.
[[nodiscard]] Json cache_page_json(routing::Core& core, const PullCounts& pulls,
                                   const CachePage& page);
[[nodiscard]] Json statistics_json(const store::Statistics& statistics, const PullCounts& pulls);

// Between a cursor and what "next" says; empty is the start. nullopt: no such text.
[[nodiscard]] std::string text_of(store::Cursor cursor);
[[nodiscard]] std::optional<store::Cursor> cursor_of(std::string_view text);

}  // namespace harbor_router::server
