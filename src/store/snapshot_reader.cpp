#include <sys/stat.h>

#include <algorithm>

#include "harbor_router/store/snapshot.hpp"
#include "store/checksum.hpp"
#include "store/file.hpp"
#include "store/snapshot_format.hpp"

namespace harbor_router::store {

using base::Errc;
using base::failure;

struct Snapshot::Parts {
  std::string path;
  File file;
  std::string projects;
  WallTime written{};
  std::uint64_t left = 0;  // bytes before the checksum not yet read

  // Exactly that many bytes, or a failure.
  [[nodiscard]] base::Result<std::string> take(std::size_t count) {
    if (count > left) return failure(Errc::invalid, path + " is torn: a part of it is missing");
    std::string bytes(count, '\0');
    if (file.read_most(bytes.data(), count) != static_cast<ssize_t>(count))
      return file_failure("cannot read", path);
    left -= count;
    return bytes;
  }
  [[nodiscard]] base::Result<void> verify();
};

// The whole file once through the checksum, before any of it is believed.
base::Result<void> Snapshot::Parts::verify() {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return file_failure("cannot read", path);
  if (!S_ISREG(status.st_mode)) return failure(Errc::invalid, path + " is no file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::string block(snapshot_block, '\0');
  Checksum checksum;
  std::string last;  // the newest bytes, which may be the checksum
  for (bool first = true;; first = false) {
    const ssize_t count = file.read_most(block.data(), block.size());
    if (count < 0) return file_failure("cannot read", path);
    const std::string_view bytes(block.data(), static_cast<std::size_t>(count));
    if (first && !bytes.starts_with(snapshot_kind))
      return failure(Errc::invalid, path + " is no snapshot of harbor-router");
    if (first && !bytes.starts_with(snapshot_start))
      return failure(Errc::invalid, path + " is of another version of harbor-router, or torn");
    if (bytes.empty()) break;
    last.append(bytes);
    const std::size_t kept = std::min(last.size(), Checksum::size);
    checksum.add(std::string_view(last).substr(0, last.size() - kept));
    last.erase(0, last.size() - kept);
  }
  if (last != checksum.result())
    return failure(Errc::invalid, path + " is torn or was changed: its checksum is wrong");
  if (::lseek(file.get(), static_cast<off_t>(snapshot_start.size()), SEEK_SET) < 0)
    return file_failure("cannot read", path);
  left = size - snapshot_start.size() - Checksum::size;
  return {};
}

Snapshot::Snapshot(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

const std::string& Snapshot::projects() const noexcept {
  return parts_->projects;
}
WallTime Snapshot::written() const noexcept {
  return parts_->written;
}

base::Result<Snapshot> Snapshot::open(const std::string& path) {
  auto parts = std::make_unique<Parts>();
  parts->path = path;
  parts->file = File(path, O_RDONLY | O_NONBLOCK);  // a pipe would wait for a writer
  if (!parts->file.is_open()) return file_failure("cannot open", path);
  if (const auto verified = parts->verify(); !verified) return verified.error();
  const auto head = parts->take(sizeof(std::uint64_t) + sizeof(std::uint32_t));
  if (!head) return head.error();
  parts->written = WallTime(
      std::chrono::milliseconds(static_cast<std::int64_t>(little_endian<std::uint64_t>(*head))));
  const auto size = little_endian<std::uint32_t>(std::string_view(*head).substr(8));
  if (size > longest_projects) return failure(Errc::invalid, path + " is torn: no such size");
  auto projects = parts->take(size);
  if (!projects) return projects.error();
  parts->projects = std::move(*projects);
  return Snapshot(std::move(parts));
}

base::Result<std::size_t> Snapshot::for_each(const std::function<bool(const Record&)>& visit) {
  std::size_t invalid = 0;
  std::string bytes;  // read and not yet visited
  for (;;) {
    const auto more =
        static_cast<std::size_t>(std::min<std::uint64_t>(parts_->left, snapshot_block));
    auto block = parts_->take(more);
    if (!block) return block.error();
    bytes.append(*block);
    std::string_view rest = bytes;
    while (rest.size() >= sizeof(std::uint32_t)) {
      const auto size = little_endian<std::uint32_t>(rest);
      if (size == 0) return invalid;
      if (size > longest_record)
        return failure(Errc::invalid, parts_->path + " is torn: no record has such a size");
      if (rest.size() - sizeof size < size) break;
      const auto record = decode(rest.substr(sizeof size, size));
      rest.remove_prefix(sizeof size + size);
      if (!record)
        ++invalid;
      else if (!visit(*record))
        return invalid;
    }
    if (more == 0) return failure(Errc::invalid, parts_->path + " is torn: it has no end");
    bytes.erase(0, bytes.size() - rest.size());
  }
}

base::Result<std::size_t> read_snapshot(const std::string& path,
                                        const std::function<bool(const Record&)>& visit) {
  auto snapshot = Snapshot::open(path);
  if (!snapshot) return snapshot.error();
  return snapshot->for_each(visit);
}

}  // namespace harbor_router::store
