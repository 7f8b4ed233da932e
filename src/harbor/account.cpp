#include "harbor_router/harbor/account.hpp"

#include <fstream>
#include <iterator>

#include "harbor_router/base/base64.hpp"

namespace harbor_router::harbor {

void Account::Watched::refresh() {
  if (!path) return;
  std::error_code error;
  const auto now = std::filesystem::last_write_time(*path, error);
  if (error || now == changed) return;
  std::ifstream file(*path);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return;
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return;  // being written: the next look finds it whole
  value = std::move(text);
  changed = now;
}

Account::Account(AccountSettings settings)
    : both_(Both{.username = {.path = settings.username_file, .value = settings.username},
                 .password = {.path = settings.password_file, .value = settings.password}}) {}

std::string Account::authorization() {
  auto both = both_.lock();
  both->username.refresh();
  both->password.refresh();
  return "Basic " + base::base64_encode(both->username.value + ":" + both->password.value);
}

}  // namespace harbor_router::harbor
