// A file's descriptor, and reading and writing all of something.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "harbor_router/base/result.hpp"

namespace harbor_router::store {

class File {
 public:
  File() = default;
  File(const std::string& path, int flags, mode_t mode = 0)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File() { close(); }

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int get() const noexcept { return descriptor_; }
  // Whether the system had nothing to say: some file systems tell a full disk only here.
  bool close() noexcept { return !is_open() || ::close(std::exchange(descriptor_, -1)) == 0; }

  [[nodiscard]] bool write_all(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // As much as there is, up to size; -1: errno says why.
  [[nodiscard]] ssize_t read_most(char* space, std::size_t size) noexcept {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t count = ::read(descriptor_, space + done, size - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return -1;
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return static_cast<ssize_t>(done);
  }

 private:
  int descriptor_ = -1;
};

// Of errno as it is now.
[[nodiscard]] inline base::Failure file_failure(const char* what, const std::string& path) {
  const int error = errno;
  return base::failure(base::Errc::io,
                       std::string(what) + " " + path + ": " + std::strerror(error));
}

}  // namespace harbor_router::store
