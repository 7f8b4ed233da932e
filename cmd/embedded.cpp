#include "cmd/embedded.hpp"

#include <fcntl.h>

#include <algorithm>
#include <thread>

#include "harbor_router/stub/demo.hpp"

namespace harbor_router {

Embedded::Embedded() {
  stub::Demo demo = stub::demo();
  demo.options.log_limit = 0;
  stand_in_ = std::make_unique<stub::StandIn>(std::move(demo.options));
  const auto before = bench::threads_now();
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  log_ = std::make_unique<observe::Log>(observe::LogSettings{.file_descriptor = null});
  server::Settings settings;
  settings.listen.pulls = {"127.0.0.1", 0};
  settings.listen.metrics = {"127.0.0.1", 0};
  settings.upstream.harbor = {
      .scheme = http::Scheme::http, .host = "127.0.0.1", .port = stand_in_->port()};
  settings.account = {.username = demo.robot_name, .password = demo.robot_password};
  settings.auth_mode = server::AuthMode::service;
  settings.clients.max_connections = 200'000;
  server_ = std::make_unique<server::Server>(std::move(settings), *log_, metrics_);
  std::thread([this] { server_->run(); }).detach();
  for (const pid_t thread : bench::threads_now())
    if (!std::binary_search(before.begin(), before.end(), thread)) threads_.push_back(thread);
}

}  // namespace harbor_router
