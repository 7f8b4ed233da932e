// The log: messages and access lines, formatted and written by one thread of its own.
//
// A caller copies its fields into a bounded ring of its thread and goes on: it never waits, formats
// or makes a system call. A full ring drops the record and counts it (dropped()). Records of one
// thread keep their order. Lines are pretty (for people) or JSON (one object a line), UTF-8, in
// UTC. Secrets never come here: callers pass no Authorization value, token, password or query
// string.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace harbor_router::observe {

enum class Level { debug, info, warning, error };
enum class Format { pretty, json };

struct AccessRecord {  // views: copied before access() returns; long ones are cut at 256 bytes
  std::string_view method;
  std::string_view path;
  int status = 0;
  std::string_view project;  // empty: none
  std::string_view cache;    // hit, stale, miss, negative or empty
  std::chrono::nanoseconds duration{0};
  std::uint64_t bytes = 0;
  std::string_view client;
  std::string_view request_id;
};

using Field = std::pair<std::string_view, std::string_view>;

struct LogSettings {
  Level level = Level::info;  // access lines are info
  Format format = Format::pretty;
  int file_descriptor = 2;  // not owned
};

class Log {
 public:
  explicit Log(LogSettings settings);
  ~Log();  // writes what is queued
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  [[nodiscard]] bool enabled(Level level) const noexcept { return level >= level_; }
  void message(Level level, std::string_view text, std::initializer_list<Field> fields = {});
  void debug(std::string_view text, std::initializer_list<Field> fields = {}) {
    message(Level::debug, text, fields);
  }
  void info(std::string_view text, std::initializer_list<Field> fields = {}) {
    message(Level::info, text, fields);
  }
  void warning(std::string_view text, std::initializer_list<Field> fields = {}) {
    message(Level::warning, text, fields);
  }
  void error(std::string_view text, std::initializer_list<Field> fields = {}) {
    message(Level::error, text, fields);
  }
  void access(const AccessRecord& record);

  [[nodiscard]] std::uint64_t dropped() const noexcept;
  void flush();  // returns once everything queued before the call is written

 private:
  class Writer;
  Level level_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace harbor_router::observe
