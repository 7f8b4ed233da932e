// The long-lived proxy: its threads from start to drain.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "harbor_router/observe/log.hpp"
#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/server/settings.hpp"

namespace harbor_router::server {

class Server {
 public:
  // Listens at once; throws std::runtime_error when an address is taken or a file cannot be read.
  // log and metrics must outlive it.
  Server(Settings settings, observe::Log& log, observe::Registry& metrics);
  ~Server();

  // Serves until SIGTERM or SIGINT, or stop(); returns when all is drained or the grace is over.
  // What the grace cut off is not unwound: the caller ends the process.
  void run();
  void stop();  // any thread

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::uint16_t metrics_port() const noexcept;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The cores this process may use: its affinity, and its cgroup's quota rounded up. At least 1.
[[nodiscard]] unsigned usable_cores();

}  // namespace harbor_router::server
