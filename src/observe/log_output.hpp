// Where lines go: a file descriptor that may be slow, full, closed or never have been open.
//
// Invariants: neither a reader that stopped reading (a blocking pipe included) nor one that went
// away stops the calling thread for longer than patience, or ends the process; lines that cannot be
// written are counted. A line once begun is finished before another starts. One thread, which has
// SIGPIPE blocked.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace harbor_router::observe {

class LogOutput {
 public:
  static constexpr std::chrono::milliseconds patience{1000};

  // Keeps a duplicate, so that the number cannot come to mean another file meanwhile.
  explicit LogOutput(int file_descriptor);
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  [[nodiscard]] std::string& lines() noexcept { return lines_; }
  // Writes lines() and empties it; returns how many lines were lost.
  [[nodiscard]] std::uint64_t write();

 private:
  enum class Kind { file, pipe, socket };

  [[nodiscard]] std::size_t next_piece(std::size_t from) const noexcept;
  [[nodiscard]] std::ptrdiff_t write_some(std::size_t from) noexcept;
  [[nodiscard]] bool wait_writable() noexcept;
  [[nodiscard]] std::uint64_t give_up(std::size_t written);

  int descriptor_;
  Kind kind_ = Kind::file;
  bool stalled_ = false;     // the last attempt ran out of patience: the next has none
  bool line_begun_ = false;  // part of the first of lines_ is out already
  std::string lines_;
};

}  // namespace harbor_router::observe
