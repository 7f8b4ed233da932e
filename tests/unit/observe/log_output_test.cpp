#include "src/observe/log_output.hpp"

#include <sys/socket.h>

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/observe/capture.hpp"

namespace {

using harbor_router::observe::LogOutput;

TEST_CASE("a line begun before a stall is finished after it, and those between are lost whole") {
  capture::Pipe pipe(O_NONBLOCK);
  REQUIRE(fcntl(pipe.writer(), F_SETPIPE_SZ, 4096) >= 4096);
  LogOutput output(pipe.writer());
  std::uint64_t lost = 0;
  std::string seen;
  std::size_t written = 0;
  for (int round = 0; round < 2; ++round) {
    for (char letter = 'a'; letter <= 'z'; ++letter, ++written) {
      output.lines() += std::string(5001, letter) + '\n';  // longer than a pipe takes in one piece
    }
    lost += output.write();
    seen += pipe.read_all();
  }
  REQUIRE(lost > 0);
  while (!output.lines().empty()) {
    lost += output.write();
    seen += pipe.read_all();
  }
  const auto lines = capture::lines_of(seen);
  CHECK(lines.size() + lost == written);
  CHECK(seen.ends_with('\n'));
  for (const auto& line : lines) {
    REQUIRE(line == std::string(5001, line.empty() ? '?' : line[0]));
  }
}

TEST_CASE("a full socket whose reader sleeps does not block") {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  LogOutput output(ends[1]);
  std::uint64_t lost = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5000; ++i) output.lines() += std::string(99, 'x') + '\n';
    lost += output.write();
  }
  CHECK(lost > 0);
  close(ends[0]);
  output.lines() += "the reader has left\n";
  CHECK(output.write() >= 1);
  close(ends[1]);
}

}  // namespace
