#include "server/client_passwords.hpp"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include <doctest/doctest.h>

#include "harbor_router/base/base64.hpp"
#include "unit/observe/capture.hpp"
#include "unit/run.hpp"

using namespace harbor_router;
using namespace harbor_router::server;

namespace {

// htpasswd -nbBC 5 carol Carol-1, and dave Dave-1
const std::string carol = "carol:$2y$05$/CxRlhga6CpdP5NUsTqnN.93f7Uc.cD1xM/uSdtz8BeVO9lZIjg..";
const std::string dave = "dave:$2y$05$szWE9jTAJGZUfajnBZXwnuk6Wfk3QkTCOggIwxeSQ20ZVrH968ljq";

std::string basic_for(std::string_view name_and_password) {
  return "Basic " + base::base64_encode(name_and_password);
}

class PasswordFile {
 public:
  explicit PasswordFile(const std::string& text) { write(text); }
  ~PasswordFile() { std::filesystem::remove(path); }
  // Each time a minute younger, whatever the file system's clock.
  void write(const std::string& text) {
    std::ofstream(path) << text;
    age_ -= std::chrono::minutes(1);
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - age_);
  }
  const std::string path = "/tmp/harbor-router-htpasswd-" + std::to_string(::getpid());

 private:
  std::chrono::minutes age_{60};
};

// The passwords of a file and what is said about it.
struct Doorkeeper {
  explicit Doorkeeper(const std::string& text) : file(text), passwords(file.path, log) {}
  bool accepts(std::string authorization) {
    return testing::run(context, passwords.accept(std::move(authorization)));
  }
  std::size_t complaints() {
    log.flush();
    return written.lines().size();
  }
  PasswordFile file;
  capture::MemoryFile written;
  observe::Log log{{.file_descriptor = written.descriptor()}};
  http::asio::io_context context;  // outlives the threads that post to it, as a worker's does
  ClientPasswords passwords;
};

}  // namespace

TEST_CASE("an htpasswd file is names and bcrypt hashes, comments and empty lines") {
  const auto hashes = parse_htpasswd("# who may pull\n\n" + carol + "\r\n" + dave);
  REQUIRE(hashes.has_value());
  CHECK(hashes->size() == 2);
  CHECK(hashes->at("dave") == dave.substr(5));
  CHECK(hashes->at("carol") == carol.substr(6));
  CHECK(parse_htpasswd("")->empty());
  for (const char* prefix : {"$2a$", "$2b$", "$2y$"})
    CHECK(parse_htpasswd("x:" + std::string(prefix) + carol.substr(10)).has_value());
}

TEST_CASE("a line that is none is named by its number, and its words are kept to ourselves") {
  for (const std::string& line :
       {std::string("no-colon"), std::string(":$2y$05$x"), std::string("erin:plaintext"),
        std::string("erin:{SHA}abc="), std::string("erin:$apr1$salt$hash"), carol.substr(0, 40),
        carol + "x", std::string("erin:")}) {
    CAPTURE(line);
    const auto hashes = parse_htpasswd(carol + "\n# two\n" + line + "\n");
    REQUIRE_FALSE(hashes.has_value());
    CHECK(hashes.error().detail.find("line 3 ") == 0);
    CHECK(hashes.error().detail.find("erin") == std::string::npos);
  }
}

TEST_CASE("bcrypt knows its password") {
  CHECK(bcrypt_matches("Carol-1", carol.substr(6)));
  CHECK_FALSE(bcrypt_matches("Carol-2", carol.substr(6)));
  CHECK_FALSE(bcrypt_matches("", carol.substr(6)));
  CHECK_FALSE(bcrypt_matches("Carol-1", "$2y$05$tooshort"));
  CHECK_FALSE(bcrypt_matches("Carol-1", ""));
}

TEST_CASE("the right password is accepted, again and again, and nothing else is") {
  Doorkeeper door(carol + "\n");
  for (int time = 0; time < 2; ++time) CHECK(door.accepts(basic_for("carol:Carol-1")));
  CHECK(door.accepts("bAsIc " + base::base64_encode("carol:Carol-1")));
  for (const std::string& authorization :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Basic !!!"),
        basic_for("carol:"), basic_for("carol"), basic_for("carol:carol-1"),
        basic_for("nobody:Carol-1"), basic_for(std::string_view("carol:Carol-1\0x", 15)),
        "Bearer " + base::base64_encode("carol:Carol-1")}) {
    CAPTURE(authorization);
    CHECK_FALSE(door.accepts(authorization));
  }
}

TEST_CASE("a changed file holds at once, also against a password accepted before") {
  Doorkeeper door(carol + "\n");
  CHECK(door.accepts(basic_for("carol:Carol-1")));
  door.file.write(dave + "\n");
  CHECK_FALSE(door.accepts(basic_for("carol:Carol-1")));
  CHECK(door.accepts(basic_for("dave:Dave-1")));
  CHECK(door.complaints() == 0);
}

TEST_CASE("a broken file keeps what was known, and is complained of once") {
  Doorkeeper door(carol + "\n");
  door.file.write(carol + "\nerin:plaintext\n");
  for (int time = 0; time < 3; ++time) CHECK(door.accepts(basic_for("carol:Carol-1")));
  CHECK(door.complaints() == 1);
  CHECK(door.written.text().find("line 2 ") != std::string::npos);
  CHECK(door.written.text().find("plaintext") == std::string::npos);
  door.file.write(dave + "\n");
  CHECK_FALSE(door.accepts(basic_for("carol:Carol-1")));
  std::filesystem::remove(door.file.path);
  CHECK(door.accepts(basic_for("dave:Dave-1")));
}

TEST_CASE("a start with a broken file, or none, says which line or file") {
  const auto start = [](const std::string& path) {
    capture::MemoryFile written;
    observe::Log log({.file_descriptor = written.descriptor()});
    try {
      const ClientPasswords passwords(path, log);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const PasswordFile broken("erin:plaintext\n");
  CHECK(start(broken.path) ==
        "CLIENT_AUTH_FILE " + broken.path +
            ": line 1 is no \"name:bcrypt hash\" (write it with htpasswd -B)");
  CHECK(start("/nowhere/htpasswd") == "CLIENT_AUTH_FILE /nowhere/htpasswd: cannot be read");
}
