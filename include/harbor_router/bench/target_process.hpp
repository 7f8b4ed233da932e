// The processes of this machine that serve a port: their processor time and memory.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/bench/measurement.hpp"
#include "harbor_router/http/asio.hpp"

namespace harbor_router::bench {

// Pure: what the files of proc(5) say.
// The inodes of sockets that listen on the port, from the text of /proc/net/tcp or tcp6.
[[nodiscard]] std::set<std::uint64_t> listening_inodes(std::string_view table, std::uint16_t port);
// VmRSS in bytes, from the text of a status file.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes(std::string_view status);

// Processes, or threads of this one, that are watched from construction on.
class TargetProcess {
 public:
  // Those that listen where the endpoint is, if that is this machine and they may be looked at.
  [[nodiscard]] static std::optional<TargetProcess> serving(const http::Endpoint& endpoint);
  // Threads of this process, by their ids; memory is that of the whole process.
  [[nodiscard]] static TargetProcess threads_of_this(std::vector<pid_t> threads);

  void begin();                             // of what is measured
  [[nodiscard]] TargetUsage usage() const;  // since begin()

 private:
  struct Sample {
    Nanoseconds cpu{0};
    std::uint64_t resident = 0;
  };
  [[nodiscard]] Sample sample() const;

  std::vector<clockid_t> clocks_;      // of processor time, to the nanosecond
  std::vector<std::string> statuses_;  // paths of status files
  std::vector<int> processes_;
  Sample begin_;
};

// The threads this process has now.
[[nodiscard]] std::vector<pid_t> threads_now();

}  // namespace harbor_router::bench
