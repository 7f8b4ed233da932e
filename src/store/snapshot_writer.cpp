#include <cstdio>

#include "harbor_router/store/snapshot.hpp"
#include "store/checksum.hpp"
#include "store/file.hpp"
#include "store/snapshot_format.hpp"

namespace harbor_router::store {

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
  parts.path = std::move(path);
  parts.new_path = parts.path + ".new";
  parts.block.reserve(snapshot_block + longest_record);
  // What a router knows is nobody else's business on that machine.
  parts.file = File(parts.new_path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
  if (!parts.file.is_open()) parts.fail("cannot create");
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
