// Carries an answer's body from Harbor to a client, in bounded memory, whatever its size.
//
// Between plain sockets a counted body goes through a pipe in the kernel (splice), else through one
// buffer. Timeouts are for lack of progress, never for the whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "harbor_router/http/exchange.hpp"

namespace harbor_router::http {

// How the client is told where the body ends; counted: by its head, or the connection's end.
enum class BodyCoding { counted, chunked };

struct RelayLimits {
  static constexpr std::uint64_t to_its_end = std::numeric_limits<std::uint64_t>::max();
  std::chrono::nanoseconds read_timeout = std::chrono::seconds(60);
  std::chrono::nanoseconds write_timeout = std::chrono::seconds(60);
  std::uint64_t skip = 0;           // bytes of body to read and drop first: a blob gone on with
  std::uint64_t take = to_its_end;  // and then to relay; fewer are a failure, more are left
};

// What a client has got of one body, be it of several answers.
struct Relayed {
  std::string unsent;       // goes before the next byte of body: at first the head
  std::uint64_t bytes = 0;  // of body that reached the client's socket
  std::optional<base::Failure> upstream_failed;  // the last answer ended early on Harbor's side
  error_code client_failed;                      // the client is gone, or takes nothing
  [[nodiscard]] bool whole() const noexcept { return !upstream_failed && !client_failed; }
};

// Nothing is sent before the first byte of body, so that until then another answer may be given.
// After an upstream failure a caller may go on from relayed.bytes. The body is not ended:
// end_body().
[[nodiscard]] Awaitable<> relay_body(Exchange& from, Connection& to, BodyCoding coding,
                                     RelayLimits limits, Relayed& relayed);
[[nodiscard]] Awaitable<> end_body(Connection& to, BodyCoding coding,
                                   std::chrono::nanoseconds write_timeout, Relayed& relayed);

}  // namespace harbor_router::http
