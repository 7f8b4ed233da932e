#include "harbor_router/base/size.hpp"

#include <limits>

#include <doctest/doctest.h>

namespace {

using harbor_router::base::format_size;
using harbor_router::base::parse_size;

TEST_CASE("sizes are read in powers of 1024 and of 1000, and in bytes") {
  CHECK(*parse_size("0") == 0);
  CHECK(*parse_size("4096") == 4096);
  CHECK(*parse_size("4096B") == 4096);
  CHECK(*parse_size("64KiB") == 65'536);
  CHECK(*parse_size("512MiB") == 536'870'912);
  CHECK(*parse_size("1GiB") == 1'073'741'824);
  CHECK(*parse_size("2TiB") == 2'199'023'255'552);
  CHECK(*parse_size("10kB") == 10'000);
  CHECK(*parse_size("10KB") == 10'000);
  CHECK(*parse_size("10MB") == 10'000'000);
  CHECK(*parse_size("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("what is no size is refused with what would be right") {
  for (const auto text : {"", "KiB", "-1", "+1", "1.5GiB", "1 KiB", " 1", "1kib", "1K", "1KiBs",
                          "18446744073709551616", "18014398509481984KiB"}) {
    const auto parsed = parse_size(text);
    REQUIRE_MESSAGE(parsed.has_error(), text);
    CHECK(parsed.error().detail.find("64KiB") != std::string::npos);
  }
  CHECK(parse_size("17179869184GiB").error().detail.find("too large") != std::string::npos);
  CHECK(parse_size("1K").error().detail.find("unknown unit") != std::string::npos);
}

TEST_CASE("a size is written in its shortest exact form and reads back") {
  CHECK(format_size(0) == "0");
  CHECK(format_size(1023) == "1023");
  CHECK(format_size(65'536) == "64KiB");
  CHECK(format_size(10'000'000) == "10MB");
  CHECK(format_size(3'221'225'472) == "3GiB");
  for (const std::uint64_t bytes : {1ULL, 1000ULL, 1536ULL, 1'048'577ULL, 1ULL << 40U}) {
    CHECK(*parse_size(format_size(bytes)) == bytes);
  }
}

}  // namespace
