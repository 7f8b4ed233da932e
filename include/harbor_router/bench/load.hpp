// Runs a plan: threads, each with its own connections, and one Measurement of what came of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ossl_typ.h>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/bench/measurement.hpp"
#include "harbor_router/bench/requests.hpp"
#include "harbor_router/bench/schedule.hpp"
#include "harbor_router/http/asio.hpp"

namespace harbor_router::bench {

enum class Verify {
  nothing,
  digests
};  // digests: SHA-256 of every body, against what it is called

struct LoadPlan {
  std::string host;                       // whose certificate it must be
  std::vector<http::Endpoint> endpoints;  // of the target; at least one
  SSL_CTX* tls = nullptr;                 // borrowed; null: plain HTTP
  const Requests* requests = nullptr;     // borrowed
  Pace pace;
  unsigned threads = 1;
  unsigned connections = 64;                                    // of all threads, at least one each
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);  // for a whole answer
  Verify verify = Verify::nothing;
};

class ClientLoop;

class Load {
 public:
  explicit Load(LoadPlan plan);
  ~Load();  // stops it
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void start();          // warm-up first
  void stop() noexcept;  // what is under way is given up and not counted
  // In place of the plan's requests, from now on; borrowed, and those before are still in use.
  void use(const Requests& requests) noexcept;
  [[nodiscard]] bool is_done() const noexcept;
  [[nodiscard]] base::TimePoint measured_from() const noexcept { return measured_from_; }
  [[nodiscard]] std::uint64_t finished() const noexcept;  // answers and failures so far
  [[nodiscard]] Measurement result();                     // waits for the end

 private:
  struct Threads;
  LoadPlan plan_;
  base::TimePoint measured_from_;
  std::vector<std::unique_ptr<ClientLoop>> loops_;
  std::unique_ptr<Threads> threads_;
};

}  // namespace harbor_router::bench
