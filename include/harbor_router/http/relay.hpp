// Carries an answer's body from Harbor to a client, in bounded memory, whatever its size.
//
// Between plain sockets a counted body goes through a pipe in the kernel (splice), else through one
// buffer. Timeouts are for lack of progress, never for the whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "harbor_router/http/exchange.hpp"

namespace harbor_router::http {

// How the client is told where the body ends; counted: by its head, or the connection's end.
enum class BodyCoding { counted, chunked };

struct RelayLimits {
  std::chrono::nanoseconds read_timeout = std::chrono::seconds(60);
  std::chrono::nanoseconds write_timeout = std::chrono::seconds(60);
  std::uint64_t skip = 0;  // bytes of body to read and drop first: a blob gone on with
};

struct Relayed {
  std::uint64_t bytes = 0;                       // of body that reached the client's socket
  std::optional<base::Failure> upstream_failed;  // the body ended early on Harbor's side
  error_code client_failed;                      // the client is gone, or takes nothing
  std::string unsent_head;                       // with upstream_failed: what must still go first
  [[nodiscard]] bool whole() const noexcept { return !upstream_failed && !client_failed; }
};

// head: sent to the client before the body, with its first piece. After an upstream failure nothing
// more was sent, so that a caller may go on from `bytes`; a chunked body is then not ended.
[[nodiscard]] Awaitable<Relayed> relay_body(Exchange& from, Connection& to, std::string head,
                                            BodyCoding coding, RelayLimits limits);

}  // namespace harbor_router::http
