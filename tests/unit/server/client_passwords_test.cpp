#include "server/client_passwords.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <list>
#include <semaphore>
#include <stdexcept>

#include <doctest/doctest.h>

#include "harbor_router/base/base64.hpp"
#include "unit/observe/capture.hpp"
#include "unit/run.hpp"
#include "unit/trust.hpp"

using namespace harbor_router;
using namespace harbor_router::server;

namespace {

using Verdict = ClientPasswords::Verdict;

const std::string& carol = testing::htpasswd_line;
// htpasswd -nbBC 5 dave Dave-1
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
    time_ += std::chrono::minutes(1);
    write_at_the_same_time(text);
  }
  void write_at_the_same_time(const std::string& text) {
    std::ofstream(path) << text;
    std::filesystem::last_write_time(path, time_);
  }
  const std::string path = "/tmp/harbor-router-htpasswd-" + std::to_string(::getpid());

 private:
  std::filesystem::file_time_type time_ =
      std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
};

// The passwords of a file and what is said about it.
struct Doorkeeper {
  explicit Doorkeeper(const std::string& text, ClientPasswords::Matches matches = bcrypt_matches)
      : file(text), passwords(file.path, log, std::move(matches)) {}
  Verdict verdict(std::string authorization) {
    return testing::run(context, passwords.accept(std::move(authorization), nullptr));
  }
  bool accepts(std::string authorization) {
    return verdict(std::move(authorization)) == Verdict::accepted;
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

// Checks that last until open() is called; what they were of is written down.
class SlowDoor {
 public:
  explicit SlowDoor(const std::string& text)
      : door(text, [this](const auto& password, const auto&) {
          checked_.lock()->push_back(password);
          begun_.release();
          opened_.wait();
          return password == "right";
        }) {}
  ~SlowDoor() {
    if (!is_open_) open();
  }
  // Comes in and waits, as far as he gets.
  testing::Running<Verdict>& comes(const std::string& name_and_password,
                                   std::function<bool()> has_left = nullptr) {
    auto& visitor = visitors_.emplace_back(
        door.context, door.passwords.accept(basic_for(name_and_password), std::move(has_left)));
    door.context.restart();
    door.context.poll();
    return visitor;
  }
  void wait_for_a_check() { begun_.acquire(); }
  void open() {
    is_open_ = true;
    open_.set_value();
  }
  std::vector<std::string> checked() { return *checked_.lock(); }

 private:
  base::Guarded<std::vector<std::string>> checked_;
  std::counting_semaphore<> begun_{0};
  std::promise<void> open_;
  std::shared_future<void> opened_ = open_.get_future().share();
  bool is_open_ = false;

 public:
  Doorkeeper door;  // gone before what its checks use

 private:
  std::list<testing::Running<Verdict>> visitors_;
};

}  // namespace

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
}

TEST_CASE("a file that is gone keeps what was known, and is complained of once") {
  Doorkeeper door(carol + "\n");
  std::filesystem::remove(door.file.path);
  for (int time = 0; time < 3; ++time) CHECK(door.accepts(basic_for("carol:Carol-1")));
  CHECK(door.complaints() == 1);
  CHECK(door.written.text().find("cannot be read") != std::string::npos);
  door.file.write(dave + "\n");
  CHECK_FALSE(door.accepts(basic_for("carol:Carol-1")));
  CHECK(door.accepts(basic_for("dave:Dave-1")));
  CHECK(door.complaints() == 1);
}

TEST_CASE("a folder in the file's place keeps what was known, and is complained of once") {
  Doorkeeper door(carol + "\n");
  std::filesystem::remove(door.file.path);
  std::filesystem::create_directory(door.file.path);
  for (int time = 0; time < 3; ++time) CHECK(door.accepts(basic_for("carol:Carol-1")));
  CHECK_FALSE(door.accepts(basic_for("carol:Carol-2")));
  CHECK(door.complaints() == 1);
  std::filesystem::remove(door.file.path);
  door.file.write(dave + "\n");
  CHECK(door.accepts(basic_for("dave:Dave-1")));
}

TEST_CASE("other lines are seen though the file's time is the same") {
  Doorkeeper door(carol + "\n");
  door.file.write_at_the_same_time(dave + "\n");
  CHECK_FALSE(door.accepts(basic_for("carol:Carol-1")));
  CHECK(door.accepts(basic_for("dave:Dave-1")));
}

TEST_CASE("somebody else's password opens nothing for a name that is not in the file") {
  Doorkeeper door(carol + "\n");
  CHECK_FALSE(door.accepts(basic_for("aaron:Carol-1")));
  CHECK(door.accepts(basic_for("carol:Carol-1")));
}

TEST_CASE("a name that is not in the file costs as much as the costliest that is") {
  std::string hash;  // that was checked last
  Doorkeeper door("a:$2y$04$" + dave.substr(12) + "\nb:$2y$12$" + dave.substr(12) + "\nc:$2y$10$" +
                      dave.substr(12) + "\n",
                  [&hash](const std::string&, const std::string& against) {
                    hash = against;
                    return true;
                  });
  CHECK_FALSE(door.accepts(basic_for("nobody:x")));
  CHECK(hash.starts_with("$2y$12$"));
  CHECK(door.accepts(basic_for("a:x")));
  CHECK(hash.starts_with("$2y$04$"));
}

TEST_CASE("who sends the same credentials meanwhile joins the check under way") {
  SlowDoor slow(carol + "\n");
  auto& first = slow.comes("carol:right");
  auto& second = slow.comes("carol:right");
  auto& wrong = slow.comes("carol:wrong");
  auto& also_wrong = slow.comes("carol:wrong");
  slow.open();
  CHECK(first.get() == Verdict::accepted);
  CHECK(second.get() == Verdict::accepted);
  CHECK(wrong.get() == Verdict::refused);
  CHECK(also_wrong.get() == Verdict::refused);
  CHECK(slow.checked() == std::vector<std::string>{"right", "wrong"});
}

TEST_CASE("nobody joins a check by the lines of before") {
  SlowDoor slow(carol + "\n");
  auto& before = slow.comes("carol:right");
  slow.wait_for_a_check();
  slow.door.file.write(dave + "\n");
  auto& after = slow.comes("carol:right");
  slow.open();
  CHECK(before.get() == Verdict::accepted);
  CHECK(after.get() == Verdict::refused);
}

TEST_CASE("so many checks wait, and no more") {
  SlowDoor slow(carol + "\n");
  std::vector<testing::Running<Verdict>*> waiting;
  for (std::size_t i = 0; i < ClientPasswords::max_checks; ++i)
    waiting.push_back(&slow.comes("carol:" + std::to_string(i)));
  CHECK(slow.comes("carol:right").get() == Verdict::unchecked);
  waiting.push_back(&slow.comes("carol:0"));
  slow.open();
  for (auto* each : waiting) CHECK(each->get() == Verdict::refused);
  CHECK(slow.checked().size() == ClientPasswords::max_checks);
  CHECK(slow.comes("carol:right").get() == Verdict::accepted);
}

TEST_CASE("nothing is checked for a client that left while he waited") {
  SlowDoor slow(carol + "\n");
  const auto left = [] { return true; };
  auto& at_once = slow.comes("carol:1", left);
  auto& alone = slow.comes("carol:2", left);
  auto& joined = slow.comes("carol:right", left);
  auto& who_joins = slow.comes("carol:right");
  slow.open();
  CHECK(at_once.get() == Verdict::refused);
  CHECK(alone.get() == Verdict::unchecked);
  CHECK(joined.get() == Verdict::accepted);
  CHECK(who_joins.get() == Verdict::accepted);
  CHECK(slow.checked() == std::vector<std::string>{"1", "right"});
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
