// How commands speak: data on standard output, messages on standard error, an exit code that says
// what came of it.
#pragma once

#include <string>
#include <string_view>

#include "cmd/options/settings.hpp"
#include "harbor_router/base/result.hpp"

namespace harbor_router {

enum class ExitCode {
  success = 0,
  failure = 1,
  usage = 2,  // wrong usage or a bad setting; nothing was started
  not_found = 3,
  refused = 4,    // 401, 403, 412
  upstream = 5,   // down, limited, or not understood
  conflict = 6,   // projects differ
  threshold = 7,  // a bench threshold was missed
};
[[nodiscard]] constexpr int code(ExitCode exit_code) noexcept {
  return static_cast<int>(exit_code);
}
// Of what kept Harbor or a router from answering at all.
[[nodiscard]] ExitCode exit_code_of(base::Errc failure) noexcept;

// Columns a line on standard output may take: the terminal's (or COLUMNS, or 80 where neither
// tells); no limit where it is no terminal.
[[nodiscard]] std::size_t output_width();

// What others wrote, for a terminal: control characters, which would steer it, as \x1b.
[[nodiscard]] std::string printable(std::string_view text);

// To standard output; throws std::runtime_error when it cannot be written.
void print(std::string_view text);
// Each line to standard error, after the program's name; printable.
void complain(std::string_view lines);

// Complains of what kept a command from its work; its exit code.
[[nodiscard]] int failed(const base::Failure& failure);

// Whether to colour: a terminal that can, no --no-color, no NO_COLOR (no-color.org).
[[nodiscard]] bool is_coloured(const options::OutputSettings& output);
enum class Tint { bold, green, yellow, red, faint };
[[nodiscard]] std::string tinted(std::string_view text, Tint tint, bool coloured);

// Asks on standard error, and keeps what is typed from the screen while it lives; nothing where
// standard input is no terminal. A signal that ends the process meanwhile gives the screen back.
// One at a time.
class Unechoed {
 public:
  explicit Unechoed(std::string_view prompt);
  ~Unechoed();
  Unechoed(const Unechoed&) = delete;
  Unechoed& operator=(const Unechoed&) = delete;

 private:
  bool unechoed_ = false;
};

// A line on standard error that overwrites itself; nothing where that is no terminal that can.
class Progress {
 public:
  Progress();
  ~Progress();
  void show(std::string_view text);

 private:
  bool terminal_;
  bool shown_ = false;
};

}  // namespace harbor_router
