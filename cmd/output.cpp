#include "cmd/output.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
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

void print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) {
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
