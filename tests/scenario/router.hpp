// The router's real binary as a child process, on free loopback ports, ended by its process id.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "unit/stub/client.hpp"

namespace harbor_router::scenario {

using stub::StandIn;
using stub::testing::Client;
using stub::testing::Field;
using stub::testing::Reply;

using Environment = std::map<std::string, std::string>;

// Whether resident memory says what is in use: sanitizers keep what is freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool memory_tells = false;
#else
inline constexpr bool memory_tells = true;
#endif

class Router {
 public:
  // Starts it and waits until it listens.
  explicit Router(const Environment& environment);
  ~Router();  // kills it when it still runs
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::uint16_t metrics_port() const noexcept { return metrics_port_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  // Waits until /readyz says 200; fails the test when it does not within `tries` looks.
  void wait_until_ready();
  // Waits until the log has the words; false when the process ends or a minute passes first.
  [[nodiscard]] bool wait_for_log(std::string_view words);
  [[nodiscard]] std::string log() const;
  [[nodiscard]] std::size_t times_in_log(std::string_view words) const;
  void terminate();          // SIGTERM
  [[nodiscard]] int wait();  // for its end and all it wrote; its exit code, or -signal
  [[nodiscard]] std::uint64_t resident_bytes() const;
  [[nodiscard]] std::size_t open_files() const;
  [[nodiscard]] bool ignores(int signal) const;
  void limit_open_files(std::size_t most);  // from now on; what is open stays open

 private:
  struct Output;
  struct Unstarted {};
  friend std::string log_of_vain_start(const Environment& environment);
  Router(Unstarted, const Environment& environment);  // does not wait
  pid_t pid_ = -1;
  std::uint16_t port_ = 0, metrics_port_ = 0;
  std::unique_ptr<Output> output_;
};

// What a router writes that cannot start; fails the test when it starts.
[[nodiscard]] std::string log_of_vain_start(const Environment& environment);

// Requests of one client that keeps its connection.
[[nodiscard]] Reply get(const Router& router, std::string_view target,
                        const std::vector<Field>& headers = {});
[[nodiscard]] Reply head(const Router& router, std::string_view target,
                         const std::vector<Field>& headers = {});
// Without the question for it.
[[nodiscard]] double requests_in_flight(const Router& router);
// One value of /metrics, 0 when the series is not there. series: "name{labels}" as exposed.
[[nodiscard]] double metric(const Router& router, std::string_view series);

}  // namespace harbor_router::scenario
