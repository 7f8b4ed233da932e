// A secret that may be rotated: its file is read again when it changes, so that no restart is
// needed. Any thread.
#pragma once

#include <optional>
#include <string>

#include "harbor_router/base/file_version.hpp"
#include "harbor_router/base/guarded.hpp"

namespace harbor_router::base {

class RotatingSecret {
 public:
  // The file, if there is one, wins over the value.
  explicit RotatingSecret(std::string value, std::optional<std::string> file = std::nullopt);
  // What it is now. A file that is empty or cannot be read keeps the last value.
  [[nodiscard]] std::string current();

 private:
  struct Read {
    std::string value;
    std::optional<FileVersion> version;
  };
  std::optional<std::string> file_;
  Guarded<Read> read_;
};

}  // namespace harbor_router::base
