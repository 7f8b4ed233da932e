#include "harbor_router/oci/range.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace harbor_router::oci;

TEST_CASE("single ranges of all three kinds parse") {
  const auto closed = parse_range("bytes=0-99");
  REQUIRE(closed);
  CHECK(std::get<ByteSpan>(closed->at(0)) == ByteSpan{.first = 0, .last = 99});
  const auto open = parse_range("Bytes=1048576-");
  REQUIRE(open);
  CHECK(std::get<ByteSpan>(open->at(0)) == ByteSpan{.first = 1048576, .last = std::nullopt});
  const auto suffix = parse_range("bytes=-500");
  REQUIRE(suffix);
  CHECK(std::get<ByteSuffix>(suffix->at(0)).length == 500);
}

TEST_CASE("several ranges parse, and print as they are") {
  const auto ranges = parse_range(" bytes=0-1 ,, 5- ,\t-3,");
  REQUIRE(ranges);
  CHECK(ranges->size() == 3);
  CHECK(format_range(*ranges) == "bytes=0-1,5-,-3");
  CHECK(parse_range("bytes=0-18446744073709551615"));
}

TEST_CASE("broken ranges do not parse") {
  for (const std::string_view text :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1",
        "bytes 0-1", "items=0-1", "bytes=0-1,x", "bytes=0--1", "bytes=+0-1", "bytes=0 - 1",
        "bytes=0-18446744073709551616", "byte\x13=0-1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_range(text));
  }
}

TEST_CASE("the Content-Range of a 206 parses and prints") {
  const auto range = parse_content_range("bytes 100-199/1000");
  REQUIRE(range);
  CHECK(*range == ContentRange{.first = 100, .last = 199, .total = 1000});
  CHECK(format_content_range(*range) == "bytes 100-199/1000");
  const auto unknown = parse_content_range("bytes 0-0/*");
  REQUIRE(unknown);
  CHECK_FALSE(unknown->total);
  CHECK(format_content_range(*unknown) == "bytes 0-0/*");
}

TEST_CASE("a Content-Range that cannot be does not parse") {
  for (const std::string_view text :
       {"", "bytes", "bytes 0-9", "bytes 9-0/10", "bytes 0-10/10", "bytes */10", "bytes=0-9/10",
        "bytes 0-9/", "bytes 0/9-10", "bytes -9/10", "bytes 0-/10", "items 0-9/10"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_content_range(text));
  }
}

TEST_CASE("a 416 names the size") {
  CHECK(unsatisfied_content_range(1234) == "bytes */1234");
  CHECK(parse_unsatisfied_range("bytes */1234") == 1234);
  for (const char* text : {"", "bytes */", "bytes */*", "bytes 0-1/2", "*/5", "bytes */5x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_unsatisfied_range(text));
  }
}
