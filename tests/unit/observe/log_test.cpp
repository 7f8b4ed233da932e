// How the log behaves under threads, floods and outputs that fail.
#include "harbor_router/observe/log.hpp"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "src/observe/log_output.hpp"
#include "tests/unit/observe/capture.hpp"

namespace {

using harbor_router::observe::AccessRecord;
using harbor_router::observe::Format;
using harbor_router::observe::Level;
using harbor_router::observe::Log;

std::string after_last_space(const std::string& line) {
  return line.substr(line.rfind(' ') + 1);
}

TEST_CASE("only what reaches the level is written") {
  capture::MemoryFile file;
  Log log({.level = Level::warning, .file_descriptor = file.descriptor()});
  CHECK_FALSE(log.enabled(Level::info));
  log.debug("no");
  log.info("no");
  log.access({.method = "GET", .path = "/no"});
  log.warning("yes");
  log.error("yes");
  log.flush();
  CHECK(file.lines().size() == 2);
}

TEST_CASE("the end of a log writes what is queued") {
  capture::MemoryFile file;
  {
    Log log({.file_descriptor = file.descriptor()});
    for (int i = 0; i < 100; ++i) log.info(std::to_string(i));
  }
  CHECK(file.lines().size() == 100);
}

TEST_CASE("lines are written without anybody asking") {
  capture::Pipe pipe;
  Log log({.file_descriptor = pipe.writer()});
  log.info("first");
  CHECK(pipe.read_some().ends_with(" INFO  first\n"));  // waits until there is something
  log.error("second");
  CHECK(pipe.read_some().ends_with(" ERROR second\n"));
}

TEST_CASE("threads come and go, lose nothing and keep their order") {
  capture::MemoryFile file;
  Log log({.file_descriptor = file.descriptor()});
  constexpr int each = 500;  // fits the ring, so that nothing may be dropped
  for (int round = 0; round < 3; ++round) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, name = std::to_string(round) + "." + std::to_string(thread)] {
        for (int i = 0; i < each; ++i) log.info(name, {{"n", std::to_string(i)}});
      });
    }
    for (auto& thread : threads) thread.join();
  }
  log.flush();
  CHECK(log.dropped() == 0);
  std::map<std::string, int> next;
  const auto lines = file.lines();
  CHECK(lines.size() == 12 * each);
  for (const auto& line : lines) {
    const std::string name = line.substr(line.find("INFO") + 6, 3);
    REQUIRE(after_last_space(line) == "n=" + std::to_string(next[name]++));
  }
  CHECK(next.size() == 12);
}

TEST_CASE("a thread serves several logs, one after the other and at once") {
  capture::MemoryFile first;
  capture::MemoryFile second;
  for (int i = 0; i < 20; ++i) {
    Log one({.file_descriptor = first.descriptor()});
    Log two({.file_descriptor = second.descriptor()});
    one.info("one");
    two.info("two");
    one.info("one");
  }
  CHECK(first.lines().size() == 40);
  CHECK(second.lines().size() == 20);
  CHECK(second.text().find("one") == std::string::npos);
}

TEST_CASE("records of all sizes go round the ring many times unharmed") {
  capture::MemoryFile file;
  Log log({.file_descriptor = file.descriptor()});
  std::string expected;
  for (int i = 0; i < 8000; ++i) {
    const std::string text(static_cast<std::size_t>(i * 37 % 1000 + 1),
                           static_cast<char>('a' + i % 26));
    log.info(text);
    expected += text + "\n";
    if (i % 300 == 0) log.flush();
  }
  log.flush();
  CHECK(log.dropped() == 0);
  std::string seen;
  for (const auto& line : file.lines()) seen += after_last_space(line) + "\n";
  CHECK(seen == expected);
}

TEST_CASE("a reader that stops reading costs lines, which are counted, and nothing else") {
  for (const int flags : {0, O_NONBLOCK}) {
    capture::Pipe pipe(flags);
    constexpr std::uint64_t written = 20'000;  // several times what ring and pipe hold
    std::uint64_t dropped = 0;
    {
      Log log({.file_descriptor = pipe.writer()});
      const std::string text(200, 'x');
      for (std::uint64_t i = 0; i < written; ++i) log.info(text);
      log.flush();  // returns all the same
      dropped = log.dropped();
      CHECK(dropped > 0);
    }
    pipe.close_writer();
    const auto lines = capture::lines_of(pipe.read_all());
    CHECK(lines.size() + dropped >= written - 1);  // one may be begun and never finished
    CHECK(lines.size() + dropped <= written + 1);
  }
}

TEST_CASE("a reader that reads slowly gets everything, in whole lines") {
  capture::Pipe pipe;
  using std::chrono::steady_clock;
  steady_clock::duration longest_pause{};  // of the reader
  auto reading = std::async(std::launch::async, [&] {
    std::string text;
    auto before = steady_clock::now();
    for (std::string piece; !(piece = pipe.read_some()).empty(); text += piece) {
      const auto now = steady_clock::now();
      longest_pause = std::max(longest_pause, now - before);
      before = now;
    }
    return text;
  });
  std::uint64_t dropped = 0;
  {
    Log log({.file_descriptor = pipe.writer()});
    const std::string text(300, 'x');
    for (int i = 0; i < 3000; ++i) {
      log.info(text);
      if (i % 500 == 499) log.flush();
    }
    log.flush();
    dropped = log.dropped();
    pipe.close_writer();
  }
  const auto lines = capture::lines_of(reading.get());
  CHECK(lines.size() + dropped == 3000);
  // Two reads make room; on a machine that stands still they may take longer than a log waits.
  if (longest_pause < harbor_router::observe::LogOutput::patience / 2) CHECK(dropped == 0);
  for (const auto& line : lines) REQUIRE(line.ends_with(" INFO  " + std::string(300, 'x')));
}

TEST_CASE("an output that is gone neither ends nor blocks the process") {
  SUBCASE("a pipe whose reader has left") {
    capture::Pipe pipe;
    Log log({.file_descriptor = pipe.writer()});
    pipe.close_reader();
    for (int i = 0; i < 100; ++i) log.error("lost");
    log.flush();
    CHECK(log.dropped() == 100);
  }
  SUBCASE("a descriptor that was never open") {
    Log log({.file_descriptor = 987'654});
    log.error("lost");
    log.flush();
    CHECK(log.dropped() == 1);
  }
}

TEST_CASE("a number used anew for another file gets none of the log's lines") {
  capture::MemoryFile file;
  capture::MemoryFile other;
  const int number = dup(file.descriptor());
  Log log({.file_descriptor = number});
  REQUIRE(dup2(other.descriptor(), number) == number);
  log.info("mine");
  log.flush();
  close(number);
  CHECK(file.lines().size() == 1);
  CHECK(other.text().empty());
}

}  // namespace
