// One request to Harbor and its answer, on one pooled connection.
//
// start() sends and reads the answer's head; then the body is read whole or in pieces. A connection
// found dead before the first byte of an answer is replaced at once (GET and HEAD may be sent
// again). When the answer was read to its end the connection goes back to the pool with the
// Exchange, else it is closed, which also tells Harbor to stop. Views stay valid until the Exchange
// goes or start() is called again. Lives on one thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harbor_router/http/buffer.hpp"
#include "harbor_router/http/chunked.hpp"
#include "harbor_router/http/head.hpp"
#include "harbor_router/http/pool.hpp"

namespace harbor_router::http {

class Exchange {
 public:
  Exchange(Pool& pool, BufferPool& buffers) : pool_(pool), buffers_(buffers) {}
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // request: a whole head (no body), sent as it is; it must live until start() returns.
  // deadline: for everything until the answer's head has come.
  [[nodiscard]] Awaitable<base::Result<void>> start(std::string_view request, RequestMethod method,
                                                    base::TimePoint deadline);
  [[nodiscard]] const ResponseHead& head() const noexcept { return head_; }

  // The whole body when it came along with the head: spares read_all() and its coroutine.
  [[nodiscard]] std::optional<std::string_view> body_at_hand() noexcept;
  // The whole body, decoded. deadline: for all of it. Failure too_large past limit.
  [[nodiscard]] Awaitable<base::Result<std::string_view>> read_all(std::size_t limit,
                                                                   base::TimePoint deadline);
  // The next piece of the body, decoded, valid until the next call; empty at its end.
  // progress_timeout: for the next byte.
  [[nodiscard]] Awaitable<base::Result<std::span<const char>>> read_some(
      std::chrono::nanoseconds progress_timeout);

  // As if it had gone: the connection is given back or closed, views end. It may start() again.
  void end();
  // Closes the connection from outside (same thread): a call under way fails with cancelled.
  void abort() noexcept;

  // For splice: bytes of the body still to come from the socket. nullopt when some are buffered
  // here (read_some() takes them), or when the body is not a counted one on a plain socket.
  [[nodiscard]] std::optional<std::uint64_t> counted_rest() const noexcept;
  [[nodiscard]] Connection& connection() noexcept { return *lease_; }
  void moved(std::uint64_t count) noexcept;  // so many bytes left the socket past us

 private:
  // Whether the answer's head is among the bytes that have come; it is then read. Interim ones are
  // skipped.
  [[nodiscard]] base::Result<bool> head_has_come(RequestMethod method);
  // Reads more of the body behind what `into` holds; 0 at an end that is allowed.
  [[nodiscard]] Awaitable<base::Result<std::size_t>> fill(Buffer& into);
  // Takes what `from` holds of the body, decoded.
  [[nodiscard]] base::Result<std::span<const char>> take_decoded(Buffer& from);
  // Back to the pool when the answer was read to its end, else closed.
  void release();
  [[nodiscard]] base::Failure io_failure(error_code error) const;

  Pool& pool_;
  BufferPool& buffers_;
  Lease lease_;
  Buffer head_buffer_;  // the head's bytes (never moved: head_ views them) and what came with them
  Buffer stream_buffer_;  // the body, once it does not fit beside the head
  ResponseHead head_;
  ChunkedDecoder chunked_;
  std::string whole_;
  std::uint64_t left_ = 0;  // of a counted body
  bool complete_ = false;
  bool answered_ = false;  // a byte of the answer has come
  bool aborted_ = false;
};

}  // namespace harbor_router::http
