// A file with a secret in it, gone with its object.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

namespace harbor_router::tests {

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
    changed_ += std::chrono::seconds(1);
    write_at_the_same_time(text, *this);
  }
  // As a file that is copied with its time.
  void write_at_the_same_time(const std::string& text) { write_at_the_same_time(text, *this); }
  void write_at_the_same_time(const std::string& text, const SecretFile& as) {
    changed_ = as.changed_;
    std::ofstream(path_) << text;
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

}  // namespace harbor_router::tests
