// The table of settings. A feature's rows join it once the feature works: one line in settings().
#include <initializer_list>
#include <vector>

#include "cmd/options/rows.hpp"

namespace harbor_router::options {
namespace {

std::vector<Setting> joined(std::initializer_list<std::span<const Setting>> arrays) {
  std::vector<Setting> rows;
  for (const auto array : arrays) rows.insert(rows.end(), array.begin(), array.end());
  return rows;
}

}  // namespace

std::span<const Setting> settings() {
  static const auto rows = joined({
      pull_through_rows(),
      passthrough_authentication_rows(),
      reliability_rows(),
      manifest_cache_rows(),
      toolkit_rows(),
      shared_cache_rows(),
      bench_rows(),
  });
  return rows;
}

}  // namespace harbor_router::options
