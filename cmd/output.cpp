#include "cmd/output.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

namespace harbor_router {

ExitCode exit_code_of(base::Errc failure) noexcept {
  switch (failure) {
    case base::Errc::refused_account:
      return ExitCode::refused;
    case base::Errc::invalid:
      return ExitCode::usage;
    case base::Errc::io:
    case base::Errc::cancelled:
      return ExitCode::failure;
    default:
      return ExitCode::upstream;
  }
}

std::size_t output_width() {
  if (::isatty(STDOUT_FILENO) != 1) return std::numeric_limits<std::size_t>::max();
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) return window.ws_col;
  const char* const columns = std::getenv("COLUMNS");
  const long width = columns == nullptr ? 0 : std::strtol(columns, nullptr, 10);
  return width > 0 ? static_cast<std::size_t>(width) : 80;
}

void print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) {
    if (errno == EPIPE) {  // of `... | head`: quiet, as if SIGPIPE were not ignored (main)
      ::signal(SIGPIPE, SIG_DFL);
      ::raise(SIGPIPE);
    }
    throw std::runtime_error("cannot write to standard output");
  }
}

void complain(std::string_view lines) {
  for (std::size_t at = 0; at < lines.size();) {
    const auto line = lines.substr(at, lines.find('\n', at) - at);
    std::fprintf(stderr, "harbor-router: %.*s\n", static_cast<int>(line.size()), line.data());
    at += line.size() + 1;
  }
}

bool is_coloured(const options::OutputSettings& output) {
  const char* const no_color = std::getenv("NO_COLOR");
  return output.colour == options::Colour::when_terminal && ::isatty(STDOUT_FILENO) == 1 &&
         (no_color == nullptr || *no_color == '\0');
}

std::string tinted(std::string_view text, Tint tint, bool coloured) {
  if (!coloured) return std::string(text);
  const char* number = "1";
  switch (tint) {
    case Tint::bold:
      number = "1";
      break;
    case Tint::green:
      number = "32";
      break;
    case Tint::yellow:
      number = "33";
      break;
    case Tint::red:
      number = "31";
      break;
    case Tint::faint:
      number = "2";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", number, text);
}

Unechoed::Unechoed(std::string_view prompt) {
  termios state{};
  if (::tcgetattr(STDIN_FILENO, &state) != 0) return;
  before_ = state;
  state.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &state);
  std::fprintf(stderr, "%.*s", static_cast<int>(prompt.size()), prompt.data());
  std::fflush(stderr);
}

Unechoed::~Unechoed() {
  if (!before_) return;
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
  std::fputs("\n", stderr);
}

Progress::Progress() : terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(std::string_view text) {
  if (!terminal_) return;
  std::fprintf(stderr, "\r\x1b[K%.*s", static_cast<int>(text.size()), text.data());
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace harbor_router
