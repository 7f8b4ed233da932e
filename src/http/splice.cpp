#include "http/splice.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace harbor_router::http {

namespace {

using base::Errc;
using base::failure;

class Pipe {
 public:
  static constexpr int wanted_bytes = 1024 * 1024;

  Pipe() {
    if (::pipe2(ends_, O_NONBLOCK | O_CLOEXEC) != 0) {
      ends_[0] = ends_[1] = -1;
      return;
    }
    // Refused past the user's pipe limit: a small pipe is slower, and still right.
    ::fcntl(ends_[1], F_SETPIPE_SZ, wanted_bytes);
  }
  ~Pipe() {
    for (const int end : ends_)
      if (end >= 0) ::close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] bool is_open() const noexcept { return ends_[0] >= 0; }
  [[nodiscard]] int out() const noexcept { return ends_[0]; }
  [[nodiscard]] int in() const noexcept { return ends_[1]; }

 private:
  int ends_[2];
};

struct Moved {
  std::size_t bytes = 0;
  int error = 0;
};

// flags: SPLICE_F_MORE when more of the same message follows.
Moved move(int from, int to, std::size_t most, unsigned flags) noexcept {
  for (;;) {
    const ssize_t moved =
        ::splice(from, nullptr, to, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK | flags);
    if (moved >= 0) return {static_cast<std::size_t>(moved), 0};
    if (errno != EINTR) return {0, errno};
  }
}

error_code system_error(int number) {
  return {number, boost::system::system_category()};
}

base::Failure upstream_failure(Connection& upstream, const char* otherwise) {
  if (upstream.deadline.expired()) return failure(Errc::timeout, "no progress from Harbor");
  return failure(Errc::closed, otherwise);
}

}  // namespace

Awaitable<bool> splice_body(Exchange& from, Connection& to, RelayLimits limits, Relayed& relayed) {
  const Pipe pipe;
  if (!pipe.is_open()) co_return false;
  Connection& upstream = from.connection();
  std::uint64_t left = std::min(*from.counted_rest(), limits.take);
  std::size_t in_pipe = 0;
  while (left > 0 || in_pipe > 0) {
    if (in_pipe == 0) {
      const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left, Pipe::wanted_bytes));
      const Moved got = move(upstream.socket().native_handle(), pipe.in(), most, 0);
      if (got.error == EAGAIN) {
        upstream.deadline.set_after(limits.read_timeout);
        const auto [waited] = co_await upstream.wait_readable();
        if (waited) {
          relayed.upstream_failed =
              upstream_failure(upstream, "the connection to Harbor was closed");
          co_return true;
        }
        upstream.deadline.clear();
        continue;
      }
      if (got.error != 0 || got.bytes == 0) {
        relayed.upstream_failed =
            upstream_failure(upstream, "Harbor closed the connection before the body's end");
        co_return true;
      }
      in_pipe = got.bytes;
      left -= got.bytes;
      from.moved(got.bytes);
      if (!relayed.unsent.empty()) {
        const TwoBuffers head{asio::const_buffer(relayed.unsent.data(), relayed.unsent.size()), {}};
        relayed.client_failed = co_await to.write(head, limits.write_timeout);
        if (relayed.client_failed) co_return true;
        relayed.unsent.clear();
      }
    }
    const Moved sent =
        move(pipe.out(), to.socket().native_handle(), in_pipe, left > 0 ? SPLICE_F_MORE : 0U);
    if (sent.error == EAGAIN) {
      const error_code waited = co_await to.wait_writable(limits.write_timeout);
      if (waited) {
        relayed.client_failed = waited;
        co_return true;
      }
      continue;
    }
    if (sent.error != 0 || sent.bytes == 0) {
      relayed.client_failed = system_error(sent.error != 0 ? sent.error : EPIPE);
      co_return true;
    }
    in_pipe -= sent.bytes;
    relayed.bytes += sent.bytes;
  }
  co_return true;
}

}  // namespace harbor_router::http
