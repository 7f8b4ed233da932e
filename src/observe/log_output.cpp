#include "observe/log_output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace harbor_router::observe {

LogOutput::LogOutput(int file_descriptor)
    : descriptor_(fcntl(file_descriptor, F_DUPFD_CLOEXEC, 3)) {
  struct stat status {};
  if (descriptor_ < 0 || fstat(descriptor_, &status) != 0) return;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
  if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) kind_ = Kind::pipe;
}

LogOutput::~LogOutput() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::uint64_t LogOutput::write() {
  std::size_t written = 0;
  while (written < lines_.size()) {
    if (kind_ == Kind::pipe && !wait_writable()) return give_up(written);
    const std::ptrdiff_t count = write_some(written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
      stalled_ = false;
    } else if (count < 0 && errno != EINTR) {
      const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
      if (!full || !wait_writable()) return give_up(written);
    }
  }
  lines_.clear();
  line_begun_ = false;
  return 0;
}

// A pipe said to be writable takes PIPE_BUF bytes without blocking, and in one piece.
std::size_t LogOutput::next_piece(std::size_t from) const noexcept {
  const std::size_t left = lines_.size() - from;
  if (kind_ != Kind::pipe || left <= PIPE_BUF) return left;
  const std::size_t newline = lines_.rfind('\n', from + PIPE_BUF - 1);
  return newline == std::string::npos || newline < from ? PIPE_BUF : newline + 1 - from;
}

std::ptrdiff_t LogOutput::write_some(std::size_t from) noexcept {
  const char* const data = lines_.data() + from;
  const std::size_t size = next_piece(from);
  if (kind_ == Kind::socket) return send(descriptor_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  return ::write(descriptor_, data, size);
}

bool LogOutput::wait_writable() noexcept {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + (stalled_ ? milliseconds(0) : patience);
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    pollfd waited = {.fd = descriptor_, .events = POLLOUT, .revents = 0};
    const int ready = poll(&waited, 1, static_cast<int>(std::max<std::int64_t>(0, left)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) {
      stalled_ = true;
      return false;
    }
  }
}

std::uint64_t LogOutput::give_up(std::size_t written) {
  if (written > 0) line_begun_ = lines_[written - 1] != '\n';
  const std::size_t kept = line_begun_ ? lines_.find('\n', written) + 1 : written;
  const auto lost =
      std::count(lines_.begin() + static_cast<std::ptrdiff_t>(kept), lines_.end(), '\n');
  lines_.resize(kept);
  lines_.erase(0, written);
  return static_cast<std::uint64_t>(lost);
}

}  // namespace harbor_router::observe
