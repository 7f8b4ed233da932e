// Counters of one thread's requests, found by number instead of by label on the hot path.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/routing/resolver.hpp"

namespace harbor_router::server {

enum class RequestType {
  manifest,
  blob,
  tags,
  referrers,
  api_version,
  token,
  health,
  metrics,
  other
};

struct Handled {
  std::string_view method;
  RequestType type = RequestType::other;
  int status = 0;
  routing::CacheState cache = routing::CacheState::none;
  std::chrono::nanoseconds duration{0};
};

// Of all threads together; none is a state that is not counted. Takes a mutex.
[[nodiscard]] observe::Counter& pulls_by_cache(observe::Registry& registry,
                                               routing::CacheState state);

class RequestMetrics {
 public:
  explicit RequestMetrics(observe::Registry& registry) : registry_(registry) {}
  void count(const Handled& handled);
  void count_upstream(const std::string& project, int status);

 private:
  struct Handles {
    observe::Counter* requests = nullptr;
    observe::Histogram* duration = nullptr;
  };
  observe::Registry& registry_;
  std::unordered_map<int, Handles> requests_;  // by method, type and status
  observe::Counter* cache_[6] = {};            // by CacheState
  std::unordered_map<std::string, std::unordered_map<int, observe::Counter*>> upstream_;
};

}  // namespace harbor_router::server
