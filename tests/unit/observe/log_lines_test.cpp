// What a line looks like, for people and for machines, whatever clients send.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "harbor_router/observe/log.hpp"
#include "tests/unit/observe/capture.hpp"

namespace {

using namespace std::chrono_literals;
using harbor_router::observe::AccessRecord;
using harbor_router::observe::Format;
using harbor_router::observe::Level;
using harbor_router::observe::Log;

// The time differs from run to run: check its shape and take it off.
std::string without_time(const std::string& line) {
  const std::string shape = "dddd-dd-ddTdd:dd:dd.dddZ ";
  REQUIRE(line.size() > shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = line[i] >= '0' && line[i] <= '9';
    REQUIRE(shape[i] == (digit ? 'd' : line[i]));
  }
  return line.substr(shape.size());
}

template <class Write>
std::string logged(Format format, const Write& write) {
  capture::MemoryFile file;
  Log log({.level = Level::debug, .format = format, .file_descriptor = file.descriptor()});
  write(log);
  log.flush();
  const auto lines = file.lines();
  REQUIRE(lines.size() == 1);
  return format == Format::pretty ? without_time(lines[0]) : lines[0];
}

const AccessRecord pull = {.method = "GET",
                           .path = "/v2/proxy/nginx/manifests/latest",
                           .status = 200,
                           .project = "dockerhub-proxy",
                           .cache = "hit",
                           .duration = 1234us,
                           .bytes = 2091,
                           .client = "10.0.0.1",
                           .request_id = "0123abcd"};

TEST_CASE("an access line for people") {
  CHECK(logged(Format::pretty, [](Log& log) { log.access(pull); }) ==
        "INFO  GET /v2/proxy/nginx/manifests/latest 200 project=dockerhub-proxy cache=hit 1.2ms "
        "2091B client=10.0.0.1 id=0123abcd");
  const AccessRecord slow = {
      .method = "GET", .path = "/v2/", .status = 503, .duration = 12'345ms, .client = "::1"};
  CHECK(logged(Format::pretty, [&](Log& log) { log.access(slow); }) ==
        "INFO  GET /v2/ 503 12.35s 0B client=::1");
}

TEST_CASE("an access line for machines") {
  const auto line = nlohmann::json::parse(logged(Format::json, [](Log& log) { log.access(pull); }));
  CHECK(line.at("level") == "info");
  CHECK(line.at("message") == "request");
  CHECK(line.at("method") == "GET");
  CHECK(line.at("path") == "/v2/proxy/nginx/manifests/latest");
  CHECK(line.at("status") == 200);
  CHECK(line.at("project") == "dockerhub-proxy");
  CHECK(line.at("cache") == "hit");
  CHECK(line.at("duration_ms") == 1.234);
  CHECK(line.at("bytes") == 2091);
  CHECK(line.at("client") == "10.0.0.1");
  CHECK(line.at("request_id") == "0123abcd");
  CHECK(without_time(line.at("time").get<std::string>() + " .").size() == 1);
}

TEST_CASE("a message and its fields") {
  const auto write = [](Log& log) {
    log.warning("Harbor answers slowly", {{"url", "https://harbor"}, {"why", "a \"b\" c"}});
  };
  CHECK(logged(Format::pretty, write) ==
        R"(WARN  Harbor answers slowly url=https://harbor why="a \"b\" c")");
  const auto line = nlohmann::json::parse(logged(Format::json, write));
  CHECK(line.at("level") == "warning");
  CHECK(line.at("message") == "Harbor answers slowly");
  CHECK(line.at("url") == "https://harbor");
  CHECK(line.at("why") == "a \"b\" c");
  CHECK(logged(Format::pretty, [](Log& log) {
          log.error("x", {{"empty", ""}});
        }) == "ERROR x empty=\"\"");
}

TEST_CASE("nobody forges a line or steers a terminal") {
  const std::string evil =
      "/v2/a\n2026-11-24T00:00:00.000Z ERROR forged\r\x1b[2J\x7f\xc2\x9b"
      "31m\xff\xc3\xa9";
  const AccessRecord record = {
      .method = evil, .path = evil, .project = evil, .client = evil, .request_id = evil};
  for (const Format format : {Format::pretty, Format::json}) {
    for (const std::string& line :
         {logged(format, [&](Log& log) { log.access(record); }), logged(format, [&](Log& log) {
            log.info(evil, {{evil, evil}});
          })}) {
      for (const char c : line) {
        REQUIRE(static_cast<unsigned char>(c) >= 0x20);
        REQUIRE(c != '\x7f');
      }
      CHECK(line.find("\xc2\x9b") == std::string::npos);
      CHECK(line.find('\xff') == std::string::npos);
      CHECK(line.find("\xc3\xa9") != std::string::npos);              // what is text stays text
      CHECK_NOTHROW(static_cast<void>(nlohmann::json(line).dump()));  // throws unless UTF-8
    }
  }
  const auto line =
      nlohmann::json::parse(logged(Format::json, [&](Log& log) { log.access(record); }));
  CHECK(line.at("path").get<std::string>().starts_with("/v2/a\n2026"));
}

TEST_CASE("what turns a line's direction is written as its number") {
  const auto line = [](const std::string& text) {
    return logged(Format::pretty, [&](Log& log) { log.info(text); });
  };
  CHECK(line("a\u202Eb\u200F\u2066\u2028\u061C") == "INFO  a\\u202eb\\u200f\\u2066\\u2028\\u061c");
  const std::string text = "\u2026\u2070\u0628\u00E9";  // neighbours of those, and letters
  CHECK(line(text) == "INFO  " + text);
}

TEST_CASE("a byte that needs care is seen wherever it stands among an access line's texts") {
  const std::string_view plain = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (std::size_t at = 0; at < plain.size(); ++at) {
    std::string quote(plain), equals(plain), bell(plain);
    quote[at] = '"';
    equals[at] = '=';
    bell[at] = '\a';
    const auto of_client = [](const std::string& text) {
      return logged(Format::pretty, [&](Log& log) {
        log.access({.method = "GET", .path = "/", .client = text, .request_id = "x"});
      });
    };
    const std::string before(plain.substr(0, at)), after(plain.substr(at + 1));
    CHECK(of_client(quote) ==
          R"(INFO  GET / 0 0.0ms 0B client=")" + before + "\\\"" + after + R"(" id=x)");
    CHECK(of_client(equals) ==
          R"(INFO  GET / 0 0.0ms 0B client=")" + before + "=" + after + R"(" id=x)");
    CHECK(of_client(bell) ==
          "INFO  GET / 0 0.0ms 0B client=" + before + "\\u0007" + after + " id=x");
  }
}

TEST_CASE("long texts are cut, however many there are") {
  const std::string text(5000, 'x');
  const AccessRecord record = {
      .method = text, .path = text, .project = text, .cache = text, .client = text};
  const auto line =
      nlohmann::json::parse(logged(Format::json, [&](Log& log) { log.access(record); }));
  CHECK(line.at("path").get<std::string>().size() == 256);
  const auto message = logged(Format::pretty, [&](Log& log) {
    log.info(text, {{"a", text},
                    {"b", text},
                    {"c", text},
                    {"d", text},
                    {"e", text},
                    {"f", text},
                    {"g", text},
                    {"h", text},
                    {"i", text},
                    {"j", text},
                    {"k", text},
                    {"l", text},
                    {"m", text},
                    {"n", text},
                    {"o", text},
                    {"p", text},
                    {"q", text},
                    {"r", text}});
  });
  CHECK(message.find(" p=") != std::string::npos);
  CHECK(message.find(" q=") == std::string::npos);
}

}  // namespace
