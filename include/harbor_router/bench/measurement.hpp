// What a run of the load generator found. Plain data, and the figures that follow from it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/bench/histogram.hpp"
#include "harbor_router/bench/timeline.hpp"

namespace harbor_router::bench {

enum class Trouble {
  connect,   // no connection
  tls,       // no TLS on it: handshake or certificate
  timeout,   // no whole answer within --timeout
  closed,    // the peer closed before the answer was whole
  protocol,  // the answer is not HTTP/1.1
  status,    // an answer of 400 or above
  digest,    // bytes that are not those of their digest
};
inline constexpr std::size_t troubles = 7;
[[nodiscard]] std::string_view to_string(Trouble trouble) noexcept;

// Processor time and memory of the processes that serve the target.
struct TargetUsage {
  std::vector<int> processes;
  Nanoseconds cpu{0};                // while requests were measured
  std::uint64_t resident_bytes = 0;  // at the end
  std::int64_t resident_growth = 0;  // bytes
};

struct Measurement {
  // From the intended start of a request to the last byte of its answer. A request that timed out
  // counts as the time it was waited for; other failures do not count here.
  Histogram latency;
  Timeline timeline;
  std::uint64_t good = 0;          // whole answers with a status below 400 (or one expected)
  std::uint64_t good_in_time = 0;  // of them, those whole before the measured time was over
  std::map<int, std::uint64_t> statuses;
  std::array<std::uint64_t, troubles> errors{};  // by Trouble
  std::uint64_t unsent = 0;       // of an open loop: due, and not sent before the end
  std::uint64_t bytes = 0;        // heads and bodies received
  std::uint64_t verified = 0;     // bodies whose digest was compared
  std::uint64_t connections = 0;  // made
  double rate_asked = 0;          // requests a second; 0: closed loop
  Nanoseconds elapsed{0};
  Nanoseconds generator_cpu{0};       // of the threads that asked, warm-up included
  std::uint64_t asked = 0;            // by them, warm-up included
  std::optional<TargetUsage> target;  // unknown where the target is not of this machine

  void merge(const Measurement& other);   // of a thread that ran beside it
  void append(const Measurement& other);  // of a round that ran after it

  [[nodiscard]] std::uint64_t errors_in_all() const noexcept;
  [[nodiscard]] std::uint64_t requests() const noexcept { return good + errors_in_all(); }
  [[nodiscard]] double rate() const noexcept;  // good answers a second
  [[nodiscard]] std::optional<Nanoseconds> cpu_per_request() const noexcept;  // of the target
};

}  // namespace harbor_router::bench
