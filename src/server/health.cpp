#include "server/request.hpp"

namespace harbor_router::server {

std::chrono::seconds discovery_age(const Shared& shared) {
  const base::TimePoint at{base::Duration(shared.discovered_at.load(std::memory_order_relaxed))};
  return std::chrono::duration_cast<std::chrono::seconds>(base::Clock::now() - at);
}

std::optional<Reply> health_reply(Shared& shared, std::string_view path) {
  if (path == "/livez") return json_reply(200, R"({"status":"alive"})");
  const auto projects = shared.core.projects.get();
  const std::string count = std::to_string(projects ? projects->size() : 0);
  const bool serving = projects && projects->size() > 0;
  if (path == "/healthz")
    return json_reply(serving ? 200 : 503, std::string(R"({"status":")") +
                                               (serving ? "healthy" : "unhealthy") +
                                               R"(","projects":)" + count + "}");
  if (path != "/readyz") return std::nullopt;
  const bool ready = serving && !shared.leaving.load(std::memory_order_relaxed);
  std::string body =
      std::string(R"({"ready":)") + (ready ? "true" : "false") + R"(,"projects":)" + count;
  // During an outage of discovery the last list serves on; how old it is shows here.
  if (serving && shared.discovery_failing.load(std::memory_order_relaxed))
    body += R"(,"discovery_age_seconds":)" + std::to_string(discovery_age(shared).count());
  return json_reply(ready ? 200 : 503, body + "}");
}

}  // namespace harbor_router::server
