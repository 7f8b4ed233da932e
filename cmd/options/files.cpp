// The values of values.hpp that name files.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "cmd/options/values.hpp"
#include "harbor_router/base/file_text.hpp"
#include "harbor_router/http/certificates.hpp"
#include "harbor_router/http/htpasswd.hpp"

namespace harbor_router::options {
namespace {

using base::Result;

base::Failure wrong_file(std::string_view path, std::string_view why) {
  return base::failure(base::Errc::invalid, fmt::format("\"{}\" {}", path, why));
}

class FileDescriptor {
 public:
  explicit FileDescriptor(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}  // a pipe: at once
  ~FileDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

base::Failure cannot_read(const std::string& path) {
  return base::failure(base::Errc::io,
                       fmt::format("cannot read \"{}\": {}", path, std::strerror(errno)));
}

}  // namespace

Result<std::string> parse_new_file(std::string_view text) {
  const std::string path(text);
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    if (S_ISREG(status.st_mode)) return path;
    return wrong_file(text, "is no file; write the path of one, which is made if it is not there");
  }
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return wrong_file(text, "is in no directory; make the directory first");
  }
  return path;
}

Result<std::string> parse_readable_file(std::string_view text) {
  const std::string path(text);
  const FileDescriptor file(path);
  if (file.get() < 0) return cannot_read(path);
  struct stat status {};
  if (fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return wrong_file(text, "is a directory; write the path of a file");
  }
  return path;
}

Result<std::string> parse_certificate_file(std::string_view text) {
  auto path = parse_readable_file(text);
  if (!path) return path;
  if (const auto held = http::check_certificates(*path); !held)
    return wrong_file(text,
                      fmt::format("holds no certificates in PEM form ({})", held.error().detail));
  return path;
}

Result<std::string> parse_htpasswd_file(std::string_view text) {
  auto path = parse_readable_file(text);
  if (!path) return path;
  const auto lines = base::file_text(*path);
  if (!lines) return wrong_file(text, "cannot be read");
  if (const auto parsed = http::parse_htpasswd(*lines); !parsed)
    return wrong_file(text, fmt::format("is no htpasswd file: {}", parsed.error().detail));
  return path;
}

Result<std::string> read_secret_file(const std::string& path) {
  constexpr std::size_t kMost = 64UL * 1024;
  const FileDescriptor file(path);
  if (file.get() < 0) return cannot_read(path);
  std::string content(kMost + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const auto count = read(file.get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > kMost)
    return wrong_file(path, "holds more than 64KiB; point to a file with the secret");
  content.resize(size);
  if (content.ends_with('\n')) content.pop_back();
  if (content.ends_with('\r')) content.pop_back();
  return content;
}

}  // namespace harbor_router::options
