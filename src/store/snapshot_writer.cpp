#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "harbor_router/store/snapshot.hpp"
#include "store/checksum.hpp"
#include "store/file.hpp"
#include "store/snapshot_format.hpp"

namespace harbor_router::store {

namespace {

// A link leads to the volume meant, and stays one.
std::string behind_links(const std::string& path) {
  std::error_code none;
  const std::filesystem::path real = std::filesystem::canonical(path, none);
  return none ? path : real.string();
}

bool is_regular(const File& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
}

// Whatever is not a snapshot is somebody's, and stays.
bool is_foreign(const std::string& path) {
  File file(path, O_RDONLY | O_NONBLOCK);
  if (!file.is_open()) return false;
  std::string start(snapshot_kind.size(), '\0');
  const ssize_t count = is_regular(file) ? file.read_most(start.data(), start.size()) : -1;
  return count != 0 && start != snapshot_kind;
}

}  // namespace

struct SnapshotWriter::Parts {
  std::string path, new_path;
  File file;
  Checksum checksum;
  std::string block;
  std::size_t records = 0;
  std::optional<base::Failure> failed;
  bool committed = false;

  void fail(const char* what) {
    if (!failed) failed = file_failure(what, new_path);
  }
  void write_block() {
    checksum.add(block);
    if (!failed && !file.write_all(block)) fail("cannot write");
    block.clear();
  }
};

SnapshotWriter::SnapshotWriter(std::string path, std::string_view projects, WallTime now)
    : parts_(std::make_unique<Parts>()) {
  Parts& parts = *parts_;
  parts.path = behind_links(path);
  parts.new_path = parts.path + ".new";
  if (is_foreign(parts.path))
    parts.failed = base::failure(base::Errc::invalid, parts.path +
                                                          " is no snapshot of harbor-router and is "
                                                          "left as it is; name another file");
  parts.block.reserve(snapshot_block + longest_record);
  // What a router knows is nobody else's business on that machine.
  // A pipe would wait for a reader.
  if (!parts.failed)
    parts.file = File(parts.new_path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (!parts.file.is_open() || !is_regular(parts.file)) parts.fail("cannot create");
  if (projects.size() > longest_projects) projects = {};
  parts.block.append(snapshot_start);
  append_little_endian(parts.block, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  append_little_endian(parts.block, static_cast<std::uint32_t>(projects.size()));
  parts.block.append(projects);
}

SnapshotWriter::~SnapshotWriter() {
  if (parts_->file.is_open() && !parts_->committed) ::unlink(parts_->new_path.c_str());
}

void SnapshotWriter::add(const Record& record) {
  Parts& parts = *parts_;
  const std::string bytes = encode(record);
  append_little_endian(parts.block, static_cast<std::uint32_t>(bytes.size()));
  parts.block.append(bytes);
  ++parts.records;
  if (parts.block.size() >= snapshot_block) parts.write_block();
}

base::Result<std::size_t> SnapshotWriter::commit() {
  Parts& parts = *parts_;
  append_little_endian(parts.block, std::uint32_t{0});
  parts.write_block();
  if (!parts.failed && !parts.file.write_all(parts.checksum.result())) parts.fail("cannot write");
  if (!parts.failed && ::fsync(parts.file.get()) != 0) parts.fail("cannot sync");
  if (!parts.failed && std::rename(parts.new_path.c_str(), parts.path.c_str()) != 0)
    parts.fail("cannot rename");
  if (parts.failed) return *parts.failed;
  parts.committed = true;
  if (!parts.file.close()) parts.fail("cannot close");
  // So that the new name outlives a loss of power too.
  const auto slash = parts.path.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : parts.path.substr(0, std::max<std::size_t>(slash, 1));
  const File opened(directory, O_RDONLY | O_DIRECTORY);
  if (opened.is_open()) ::fsync(opened.get());
  if (parts.failed) return *parts.failed;
  return parts.records;
}

}  // namespace harbor_router::store
