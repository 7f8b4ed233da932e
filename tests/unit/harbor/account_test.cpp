#include "harbor_router/harbor/account.hpp"

#include <string>

#include <doctest/doctest.h>

#include "harbor_router/base/base64.hpp"
#include "unit/secret_file.hpp"

using namespace harbor_router;
using namespace harbor_router::harbor;

namespace {

std::string basic(const std::string& pair) {
  return "Basic " + base::base64_encode(pair);
}

}  // namespace

TEST_CASE("an account given as values") {
  Account account({.username = "robot$router", .password = "pa:ss"});
  CHECK(account.authorization() == basic("robot$router:pa:ss"));
}

TEST_CASE("files win over values, without the line end an editor leaves") {
  tests::SecretFile username, password;
  username.write("robot$proxy+router\n");
  password.write("secret\r\n");
  Account account({.username = "a",
                   .password = "b",
                   .username_file = username.path(),
                   .password_file = password.path()});
  CHECK(account.authorization() == basic("robot$proxy+router:secret"));
}
