#include "harbor_router/harbor/account.hpp"

#include "harbor_router/base/base64.hpp"

namespace harbor_router::harbor {

Account::Account(AccountSettings settings)
    : username_(std::move(settings.username), std::move(settings.username_file)),
      password_(std::move(settings.password), std::move(settings.password_file)) {}

std::string Account::authorization() {
  return "Basic " + base::base64_encode(username_.current() + ":" + password_.current());
}

}  // namespace harbor_router::harbor
