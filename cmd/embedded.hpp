// A router before a stand-in for Harbor, in this process: what bench asks when it is given no
// target. Never taken down: the process ends as it is (server.hpp says why).
#pragma once

#include <memory>
#include <vector>

#include "harbor_router/bench/target_process.hpp"
#include "harbor_router/http/origin.hpp"
#include "harbor_router/observe/log.hpp"
#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/server/server.hpp"
#include "harbor_router/stub/stand_in.hpp"

namespace harbor_router {

class Embedded {
 public:
  Embedded();

  [[nodiscard]] http::Origin origin() const {
    return {.scheme = http::Scheme::http, .host = "127.0.0.1", .port = server_->port()};
  }
  [[nodiscard]] bench::TargetProcess process() const {
    return bench::TargetProcess::threads_of_this(threads_);
  }

 private:
  std::unique_ptr<stub::StandIn> stand_in_;
  std::unique_ptr<observe::Log> log_;
  observe::Registry metrics_;
  std::unique_ptr<server::Server> server_;
  std::vector<pid_t> threads_;  // of the router and its log
};

}  // namespace harbor_router
