#include "scenario/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

#include <doctest/doctest.h>

namespace harbor_router::scenario {

namespace {

int exit_code_of(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close(0);
    close(1);
  }
  void close(std::size_t end) {
    if (ends[end] >= 0) ::close(std::exchange(ends[end], -1));
  }
};

// The words of one command as execve() wants them.
struct Words {
  explicit Words(const Command& command) {
    lines.push_back(ROUTER_BINARY);
    for (const std::string& each : command.arguments) lines.push_back(each);
    count = lines.size();
    for (const auto& [name, value] : command.environment) lines.push_back(name + "=" + value);
    for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"})
      if (const char* value = std::getenv(name); value != nullptr)
        lines.push_back(std::string(name) + "=" + value);
    for (std::size_t i = 0; i < lines.size(); ++i)
      (i < count ? arguments : variables).push_back(lines[i].data());
    arguments.push_back(nullptr);
    variables.push_back(nullptr);
  }
  [[noreturn]] void execute() {
    ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  std::vector<std::string> lines;
  std::size_t count = 0;
  std::vector<char*> arguments, variables;
};

// Reads each descriptor to its end.
void read_all(std::vector<std::pair<int, std::string*>> from) {
  while (!from.empty()) {
    std::vector<pollfd> polled;
    for (const auto& [descriptor, text] : from) polled.push_back({descriptor, POLLIN, 0});
    REQUIRE(::poll(polled.data(), polled.size(), 120'000) > 0);
    for (std::size_t i = polled.size(); i-- > 0;) {
      if (polled[i].revents == 0) continue;
      char bytes[4096];
      const ssize_t count = ::read(from[i].first, bytes, sizeof bytes);
      if (count > 0)
        from[i].second->append(bytes, static_cast<std::size_t>(count));
      else  // the end; of a terminal EIO
        from.erase(from.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

}  // namespace

Said run(const Command& command) {
  Words words(command);
  Pipe in, out, err;
  const int file = command.output_path.empty()
                       ? -1
                       : ::open(command.output_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::dup2(in.ends[0], 0);
    ::dup2(file >= 0 ? file : out.ends[1], 1);
    ::dup2(err.ends[1], 2);
    words.execute();
  }
  if (file >= 0) ::close(file);
  in.close(0);
  out.close(1);
  err.close(1);
  CHECK(::write(in.ends[1], command.input.data(), command.input.size()) ==
        static_cast<ssize_t>(command.input.size()));
  in.close(1);
  Said said;
  read_all({{out.ends[0], &said.out}, {err.ends[0], &said.err}});
  said.exit_code = exit_code_of(pid);
  return said;
}

Said run_on_terminal(const Command& command) {
  Words words(command);
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  REQUIRE(pid >= 0);
  if (pid == 0) words.execute();
  Said said;
  if (!command.input.empty()) {  // typed once something is asked
    char bytes[4096];
    const ssize_t count = ::read(terminal, bytes, sizeof bytes);
    REQUIRE(count > 0);
    said.out.assign(bytes, static_cast<std::size_t>(count));
    REQUIRE(::write(terminal, command.input.data(), command.input.size()) ==
            static_cast<ssize_t>(command.input.size()));
  }
  read_all({{terminal, &said.out}});
  ::close(terminal);
  said.exit_code = exit_code_of(pid);
  return said;
}

RunningCommand::RunningCommand(const Command& command) {
  Words words(command);
  Pipe out;
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    ::dup2(out.ends[1], 1);
    words.execute();
  }
  output_ = std::exchange(out.ends[0], -1);
}

RunningCommand::~RunningCommand() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(output_);
}

bool RunningCommand::wait_for(std::string_view words) {
  while (text_.find(words) == std::string::npos) {
    char bytes[4096];
    pollfd polled{output_, POLLIN, 0};
    if (::poll(&polled, 1, 60'000) <= 0) return false;
    const ssize_t count = ::read(output_, bytes, sizeof bytes);
    if (count <= 0) return false;
    text_.append(bytes, static_cast<std::size_t>(count));
  }
  return true;
}

int RunningCommand::interrupt() {
  ::kill(pid_, SIGINT);
  return exit_code_of(std::exchange(pid_, -1));
}

}  // namespace harbor_router::scenario
