// The router's own account at Harbor. Files are read again when they change, so that a rotated
// secret needs no restart. Any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harbor_router/base/guarded.hpp"

namespace harbor_router::harbor {

struct AccountSettings {
  std::string username, password;
  std::optional<std::string> username_file, password_file;  // win over the values
};

class Account {
 public:
  explicit Account(AccountSettings settings);
  // "Basic ...": made from what the files say now. A file that cannot be read keeps the last value.
  [[nodiscard]] std::string authorization();

 private:
  struct Watched {
    std::optional<std::string> path;
    std::string value;
    std::filesystem::file_time_type changed{};
    void refresh();
  };
  struct Both {
    Watched username, password;
  };
  base::Guarded<Both> both_;
};

}  // namespace harbor_router::harbor
