#include "harbor_router/base/file_version.hpp"

#include <sys/stat.h>

namespace harbor_router::base {

namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::optional<FileVersion> file_version(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileVersion{.inode = found.st_ino,
                     .size = static_cast<std::uint64_t>(found.st_size),
                     .modified_ns = nanoseconds(found.st_mtim),
                     .changed_ns = nanoseconds(found.st_ctim)};
}

}  // namespace harbor_router::base
