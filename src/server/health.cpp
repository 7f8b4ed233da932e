#include "server/request.hpp"

namespace harbor_router::server {

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
  const bool ready = serving && !shared.draining.load(std::memory_order_relaxed);
  return json_reply(ready ? 200 : 503, std::string(R"({"ready":)") + (ready ? "true" : "false") +
                                           R"(,"projects":)" + count + "}");
}

}  // namespace harbor_router::server
