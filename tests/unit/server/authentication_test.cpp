#include "server/authentication.hpp"

#include <doctest/doctest.h>

using harbor_router::server::is_scheme;

TEST_CASE("a scheme is compared without case and ends at a blank") {
  for (const char* value : {"Basic YTpi", "basic YTpi", "BASIC YTpi", "Basic "}) {
    CAPTURE(value);
    CHECK(is_scheme(value, "Basic"));
  }
  for (const char* value : {"", "Basic", "BasicYTpi", "Basic\tYTpi", " Basic YTpi", "Basi YTpi",
                            "Bearer YTpi", "Basics YTpi"}) {
    CAPTURE(value);
    CHECK_FALSE(is_scheme(value, "Basic"));
  }
}
