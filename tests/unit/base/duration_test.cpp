#include "harbor_router/base/duration.hpp"

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using harbor_router::base::format_duration;
using harbor_router::base::parse_duration;
using std::chrono::nanoseconds;

std::string why_not(std::string_view text) {
  const auto parsed = parse_duration(text);
  REQUIRE_MESSAGE(parsed.has_error(), text);
  return parsed.error().detail;
}

TEST_CASE("durations are read as Go reads them") {
  struct Row {
    std::string_view text;
    nanoseconds expected;
  };
  const Row rows[] = {
      {"0", 0ns},
      {"0s", 0ns},
      {"300ms", 300ms},
      {"10s", 10s},
      {"+10s", 10s},
      {"+0", 0s},
      {"2h30m", 2h + 30min},
      {"1.5s", 1500ms},
      {".5s", 500ms},
      {"1.s", 1s},
      {"1h1m1s1ms1us1ns", 1h + 1min + 1s + 1ms + 1us + 1ns},
      {"5\u00b5s", 5us},
      {"5\u03bcs", 5us},
      {"1.0000000019s", 1s + 1ns},
      {"0.1us", 100ns},
      {"1.25h", 75min},
      {"30s1m", 90s},
      {"9223372036.854775807s", nanoseconds::max()},
  };
  for (const auto& row : rows) {
    const auto parsed = parse_duration(row.text);
    REQUIRE_MESSAGE(parsed.has_value(), row.text);
    CHECK_MESSAGE(*parsed == row.expected, row.text);
  }
}

TEST_CASE("what is no duration is refused with what would be right") {
  CHECK(why_not("10") == "\"10\" lacks a unit; write one such as 300ms, 10s or 2h30m");
  CHECK(why_not("-5s") == "\"-5s\" is negative; write one such as 300ms, 10s or 2h30m");
  for (const auto text :
       {"", "s", ".", ".s", "ten", "+", "++5s", "+-5s", "5 s", " 5s", "5s ", "1h30", "1..5s"}) {
    CHECK(why_not(text).find("2h30m") != std::string::npos);
  }
  CHECK(why_not("5d").find("unknown unit") != std::string::npos);
  CHECK(why_not("5S").find("unknown unit") != std::string::npos);
  CHECK(why_not("9223372036.854775808s").find("too long") != std::string::npos);
  CHECK(why_not("3000000h").find("too long") != std::string::npos);
  CHECK(why_not("99999999999999999999999s").find("too long") != std::string::npos);
  CHECK(why_not("2000000h2000000h").find("too long") != std::string::npos);
}

TEST_CASE("a duration is written in its shortest exact form and reads back") {
  CHECK(format_duration(0ns) == "0s");
  CHECK(format_duration(1ns) == "1ns");
  CHECK(format_duration(1500ns) == "1.5us");
  CHECK(format_duration(150ms) == "150ms");
  CHECK(format_duration(1500ms) == "1.5s");
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(300s) == "5m");
  CHECK(format_duration(2h + 30min) == "2h30m");
  CHECK(format_duration(1h + 1ns) == "1h0.000000001s");
  CHECK(format_duration(-90s) == "-1m30s");
  CHECK(format_duration(nanoseconds::min()) == "-2562047h47m16.854775808s");
  for (const auto value :
       {nanoseconds{1}, nanoseconds{999'999}, nanoseconds{1'000'001}, nanoseconds{59'999'999'999},
        nanoseconds{3'600'000'000'123}, nanoseconds::max()}) {
    CHECK(*parse_duration(format_duration(value)) == value);
  }
}

}  // namespace
