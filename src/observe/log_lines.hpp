// Turns records into lines of text. Whatever the record holds, a line is valid UTF-8 without
// control characters (C0, DEL, C1) other than its closing newline: nobody can forge a line or steer
// a terminal through a path. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "observe/log_record.hpp"

namespace harbor_router::observe {

class LogLines {
 public:
  explicit LogLines(Format format) : format_(format) {}

  void append(std::string& out, const LogRecord& record);

 private:
  void append_time(std::string& out, std::int64_t milliseconds);
  void append_pretty(std::string& out, const LogRecord& record);
  void append_json(std::string& out, const LogRecord& record);

  Format format_;
  std::int64_t second_ = -1;  // the one second_text_ shows
  std::string second_text_;   // 2026-11-24T07:31:02
};

}  // namespace harbor_router::observe
