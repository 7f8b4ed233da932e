// The mappings as a file, for a router that starts again without Redis.
//
//   "harbor-router/1\n" · time written (u64, ms since 1970) · u32 size, the list of projects
//   · u32 size, record (store/record.hpp), as often as there are · u32 0 · SHA-256 of all before
// Numbers are little-endian. The list of projects is text of the harbor room, not looked at here.
//
// Invariant: whoever reads the path finds the whole old file or the whole new one, whatever ends
// the writer and whenever: it writes PATH.new, syncs it, renames it over PATH and syncs the
// directory. One process a path. Blocking calls: not for a thread that serves.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "harbor_router/base/result.hpp"
#include "harbor_router/store/record.hpp"

namespace harbor_router::store {

class SnapshotWriter {
 public:
  // projects: at most 16 MiB, may be empty. Opening fails at commit().
  SnapshotWriter(std::string path, std::string_view projects, WallTime now);
  ~SnapshotWriter();  // uncommitted: PATH.new is removed
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  void add(const Record& record);
  // How many records are in the file; failure io: the file at PATH is the old one.
  [[nodiscard]] base::Result<std::size_t> commit();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// A snapshot whose checksum is right, so that it is as it was written.
class Snapshot {
 public:
  // Failure io: it cannot be read; invalid: foreign, torn or changed, and detail says which.
  [[nodiscard]] static base::Result<Snapshot> open(const std::string& path);
  Snapshot(Snapshot&&) noexcept;
  ~Snapshot();

  [[nodiscard]] const std::string& projects() const noexcept;
  [[nodiscard]] WallTime written() const noexcept;
  // Each valid record in turn, also those that are over, until visit returns false; nothing is held
  // whole. Returns how many were passed over as invalid. Once.
  [[nodiscard]] base::Result<std::size_t> for_each(const std::function<bool(const Record&)>& visit);

 private:
  struct Parts;
  explicit Snapshot(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// open() and for_each() in one, where the list of projects is of no interest.
[[nodiscard]] base::Result<std::size_t> read_snapshot(
    const std::string& path, const std::function<bool(const Record&)>& visit);

}  // namespace harbor_router::store
