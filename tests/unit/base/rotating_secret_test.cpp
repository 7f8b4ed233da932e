#include "harbor_router/base/rotating_secret.hpp"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "unit/secret_file.hpp"

using namespace harbor_router;
using namespace harbor_router::base;

TEST_CASE("a rotated secret is used without a restart") {
  tests::SecretFile file;
  file.write("old");
  RotatingSecret secret("", file.path());
  CHECK(secret.current() == "old");
  file.write("new");
  CHECK(secret.current() == "new");
}

TEST_CASE("another secret is seen though the file's time is the same") {
  tests::SecretFile file;
  file.write("old");
  RotatingSecret secret("", file.path());
  CHECK(secret.current() == "old");
  file.write_at_the_same_time("newer");
  CHECK(secret.current() == "newer");
  tests::SecretFile other;
  other.write_at_the_same_time("other", file);
  std::filesystem::rename(other.path(), file.path());
  CHECK(secret.current() == "other");
}

TEST_CASE("while a file is away or still empty, what it last said counts") {
  tests::SecretFile file;
  file.write("old");
  RotatingSecret secret("", file.path());
  CHECK(secret.current() == "old");
  file.write("");
  CHECK(secret.current() == "old");
  file.remove();
  CHECK(secret.current() == "old");
  file.write("new\n");
  CHECK(secret.current() == "new");
}

TEST_CASE("while something else is in a file's place, what it last said counts") {
  tests::SecretFile file;
  file.write("old");
  RotatingSecret secret("", file.path());
  CHECK(secret.current() == "old");
  file.remove();
  std::filesystem::create_directory(file.path());
  CHECK(secret.current() == "old");
  file.remove();
  REQUIRE(::mkfifo(file.path().c_str(), 0600) == 0);
  CHECK(secret.current() == "old");
  file.remove();
  file.write("new");
  CHECK(secret.current() == "new");
}

TEST_CASE("a file that was never there leaves the value given") {
  CHECK(RotatingSecret("given", "/nonexistent/x").current() == "given");
}
