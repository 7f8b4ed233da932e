// The real binary as a command: what it says on each stream, and its exit code.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "scenario/router.hpp"

namespace harbor_router::scenario {

struct Said {
  int exit_code = -1;  // or -signal
  std::string out, err;
};

struct Command {
  std::vector<std::string> arguments;
  Environment environment;
  std::string input;        // its standard input, closed after it
  std::string output_path;  // where standard output goes in place of Said::out
};

// Runs it to its end.
[[nodiscard]] Said run(const Command& command);
// The same on a terminal, whose text is Said::out; the input is typed once something is asked.
[[nodiscard]] Said run_on_terminal(const Command& command);

// One that goes on until it is told to end.
class RunningCommand {
 public:
  explicit RunningCommand(const Command& command);
  ~RunningCommand();  // kills it when it still runs
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;

  // Reads standard output until it has the words; false when it ends first.
  [[nodiscard]] bool wait_for(std::string_view words);
  [[nodiscard]] const std::string& text() const { return text_; }  // read so far
  [[nodiscard]] int interrupt();                                   // SIGINT; its exit code

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string text_;
};

}  // namespace harbor_router::scenario
