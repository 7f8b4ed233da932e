#include "harbor_router/harbor/account.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "harbor_router/base/base64.hpp"

using namespace harbor_router;
using namespace harbor_router::harbor;

namespace {

std::string basic(const std::string& pair) {
  return "Basic " + base::base64_encode(pair);
}

// A file whose time of change moves on at every write, however fast the test is.
class SecretFile {
 public:
  SecretFile() {
    std::string name = (std::filesystem::temp_directory_path() / "account_test.XXXXXX").string();
    const int descriptor = ::mkstemp(name.data());
    REQUIRE(descriptor >= 0);
    ::close(descriptor);
    path_ = name;
  }
  ~SecretFile() { remove(); }
  void write(const std::string& text) {
    std::ofstream(path_) << text;
    changed_ += std::chrono::seconds(1);
    std::filesystem::last_write_time(path_, changed_);
  }
  void remove() {
    std::error_code gone_already;
    std::filesystem::remove(path_, gone_already);
  }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  std::string path_;
  std::filesystem::file_time_type changed_ = std::filesystem::file_time_type::clock::now();
};

}  // namespace

TEST_CASE("an account given as values") {
  Account account({.username = "robot$router", .password = "pa:ss"});
  CHECK(account.authorization() == basic("robot$router:pa:ss"));
}

TEST_CASE("files win over values, without the line end an editor leaves") {
  SecretFile username, password;
  username.write("robot$proxy+router\n");
  password.write("secret\r\n");
  Account account({.username = "a",
                   .password = "b",
                   .username_file = username.path(),
                   .password_file = password.path()});
  CHECK(account.authorization() == basic("robot$proxy+router:secret"));
}

TEST_CASE("a rotated secret is used without a restart") {
  SecretFile password;
  password.write("old");
  Account account({.username = "robot", .password_file = password.path()});
  CHECK(account.authorization() == basic("robot:old"));
  password.write("new");
  CHECK(account.authorization() == basic("robot:new"));
}

TEST_CASE("while a file is away or still empty, what it last said counts") {
  SecretFile password;
  password.write("old");
  Account account({.username = "robot", .password_file = password.path()});
  CHECK(account.authorization() == basic("robot:old"));
  password.write("");
  CHECK(account.authorization() == basic("robot:old"));
  password.remove();
  CHECK(account.authorization() == basic("robot:old"));
  password.write("new\n");
  CHECK(account.authorization() == basic("robot:new"));
}

TEST_CASE("a file that was never there leaves the value given") {
  Account account({.username = "robot", .password = "given", .password_file = "/nonexistent/x"});
  CHECK(account.authorization() == basic("robot:given"));
}
