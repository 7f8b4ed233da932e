#include "cmd/output.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

namespace harbor_router {

namespace {

// One that only prints is called dumb, or nothing.
bool can_be_steered(int descriptor) {
  if (::isatty(descriptor) != 1) return false;
  const char* const kind = std::getenv("TERM");
  return kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

}  // namespace

ExitCode exit_code_of(base::Errc failure) noexcept {
  switch (failure) {
    case base::Errc::refused_account:
      return ExitCode::refused;
    case base::Errc::not_found:
      return ExitCode::not_found;
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

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {  // U+0080 to U+009F, in UTF-8
      out += fmt::format("\\x{:02x}", next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

void complain(std::string_view lines) {
  for (std::size_t at = 0; at < lines.size();) {
    const auto line = lines.substr(at, lines.find('\n', at) - at);
    std::fprintf(stderr, "harbor-router: %s\n", printable(line).c_str());
    at += line.size() + 1;
  }
}

int failed(const base::Failure& failure) {
  complain(failure.detail);
  return code(exit_code_of(failure.code));
}

bool is_coloured(const options::OutputSettings& output) {
  const char* const no_color = std::getenv("NO_COLOR");
  return output.colour == options::Colour::when_terminal && can_be_steered(STDOUT_FILENO) &&
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

namespace {

constexpr int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
termios screen_before;  // while an Unechoed lives

// Only what may be called in a signal handler; SA_RESETHAND leaves the signal its usual effect.
void give_screen_back(int signal) {
  ::tcsetattr(STDIN_FILENO, TCSANOW, &screen_before);
  const ssize_t ignored = ::write(STDERR_FILENO, "\n", 1);
  static_cast<void>(ignored);
  ::raise(signal);
}

}  // namespace

Unechoed::Unechoed(std::string_view prompt) {
  if (::tcgetattr(STDIN_FILENO, &screen_before) != 0) return;
  unechoed_ = true;
  struct sigaction action {};
  action.sa_handler = give_screen_back;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : ending_signals) ::sigaction(signal, &action, nullptr);
  termios state = screen_before;
  state.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &state);
  std::fputs(printable(prompt).c_str(), stderr);
  std::fflush(stderr);
}

Unechoed::~Unechoed() {
  if (!unechoed_) return;
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen_before);
  for (const int signal : ending_signals) ::signal(signal, SIG_DFL);
  std::fputs("\n", stderr);
}

Progress::Progress() : terminal_(can_be_steered(STDERR_FILENO)) {}

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
