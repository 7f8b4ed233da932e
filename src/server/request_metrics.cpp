#include "server/request_metrics.hpp"

namespace harbor_router::server {

namespace {

const char* to_string(RequestType type) {
  switch (type) {
    case RequestType::manifest:
      return "manifest";
    case RequestType::blob:
      return "blob";
    case RequestType::tags:
      return "tags";
    case RequestType::referrers:
      return "referrers";
    case RequestType::api_version:
      return "api_version";
    case RequestType::token:
      return "token";
    case RequestType::health:
      return "health";
    case RequestType::metrics:
      return "metrics";
    case RequestType::other:
      return "other";
  }
  return "other";
}

}  // namespace

observe::Counter& pulls_by_cache(observe::Registry& registry, routing::CacheState state) {
  return registry.counter("harbor_router_cache_lookups_total",
                          "Pulls by what was known of the image.",
                          {{"result", routing::to_string(state)}});
}

void RequestMetrics::count(const Handled& handled) {
  // Methods clients invent must not become labels without end.
  const int method = handled.method == "GET" ? 0 : handled.method == "HEAD" ? 1 : 2;
  constexpr const char* method_names[] = {"GET", "HEAD", "other"};
  const int key = (method * 16 + static_cast<int>(handled.type)) * 1000 + handled.status;
  Handles& handles = requests_[key];
  if (handles.requests == nullptr) {
    const observe::Labels labels = {{"method", method_names[method]},
                                    {"type", to_string(handled.type)},
                                    {"status", std::to_string(handled.status)}};
    handles.requests =
        &registry_.counter("harbor_router_requests_total", "Requests answered.", labels);
    handles.duration =
        &registry_.histogram("harbor_router_request_duration_seconds",
                             "From a request's head to its answer's last byte.", labels);
  }
  handles.requests->add();
  handles.duration->observe(handled.duration);
  if (handled.cache == routing::CacheState::none) return;
  observe::Counter*& cache = cache_[static_cast<int>(handled.cache)];
  if (cache == nullptr) cache = &pulls_by_cache(registry_, handled.cache);
  cache->add();
}

void RequestMetrics::count_upstream(const std::string& project, int status) {
  observe::Counter*& counter = upstream_[project][status];
  if (counter == nullptr)
    counter =
        &registry_.counter("harbor_router_upstream_requests_total",
                           "Questions to Harbor by project and status; status 0: no answer came.",
                           {{"project", project}, {"status", std::to_string(status)}});
  counter->add();
}

}  // namespace harbor_router::server
