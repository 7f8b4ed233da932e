// What is in Redis, for who looks at it from a command line: read by SCAN, page by page.
//
// Each call connects, does its work on the calling thread and is done; not for a thread that
// serves.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string_view>

#include "harbor_router/base/result.hpp"
#include "harbor_router/redis/settings.hpp"
#include "harbor_router/store/record.hpp"

namespace harbor_router::redis {

struct Scanned {
  std::size_t records = 0;  // visited, or removed
  std::size_t ignored = 0;  // values that are no records of their key
};

// false: no more are wanted.
struct Visitor {
  std::function<bool(const store::Record&)> record;
  std::function<bool(const store::Key&)> unreadable;  // the value is no record of its key
};
// Visits every mapping that still holds and every unreadable value, a few hundred at a time. One
// written or dropped meanwhile may be seen or not, or (as SCAN has it) twice.
[[nodiscard]] base::Result<Scanned> scan(const Settings& settings, const Visitor& visitor);
// Removes the mappings the pattern matches (store/image_pattern.hpp), by their keys alone, then
// tells every replica to forget its own. Failure cancelled: asked to stop.
[[nodiscard]] base::Result<Scanned> purge(const Settings& settings, std::string_view pattern,
                                          std::stop_token stop = {});

}  // namespace harbor_router::redis
