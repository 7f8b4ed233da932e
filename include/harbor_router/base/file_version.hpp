// Whether a file is still the one that was read, without reading it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace harbor_router::base {

// Its time alone does not tell: `cp -p`, a rename and an image's build keep or repeat it.
struct FileVersion {
  std::uint64_t inode = 0, size = 0;
  std::int64_t modified_ns = 0,
               changed_ns = 0;  // the content, by its writer; the file, by the kernel
  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

// nullopt: there is none to be seen.
[[nodiscard]] std::optional<FileVersion> file_version(const std::string& path);

}  // namespace harbor_router::base
