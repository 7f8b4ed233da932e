#include "harbor_router/base/rotating_secret.hpp"

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

TEST_CASE("a file that was never there leaves the value given") {
  CHECK(RotatingSecret("given", "/nonexistent/x").current() == "given");
}
