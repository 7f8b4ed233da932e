// The router's own account at Harbor. Files are read again when they change, so that a rotated
// secret needs no restart. Any thread.
#pragma once

#include <optional>
#include <string>

#include "harbor_router/base/rotating_secret.hpp"

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
  base::RotatingSecret username_, password_;
};

}  // namespace harbor_router::harbor
