#include "observe/log_lines.hpp"

#include <time.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "harbor_router/base/json_escape.hpp"

namespace harbor_router::observe {
namespace {

// JSON leaves DEL and the C1 controls (U+0080 to U+009F) as they are; terminals obey them.
void append_printable(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c < '\x7F' && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), plain)) {  // as nearly all of an access log is
    out += text;
    return;
  }
  const std::size_t start = out.size();
  base::append_json_escaped(out, text);
  const auto steers = [&out](std::size_t at) {
    const auto byte = static_cast<unsigned char>(out[at]);
    if (byte == 0x7F) return true;
    return byte == 0xC2 && at + 1 < out.size() && static_cast<unsigned char>(out[at + 1]) < 0xA0;
  };
  for (std::size_t at = start; at < out.size(); ++at) {
    if (!steers(at)) continue;
    const std::size_t length = out[at] == '\x7F' ? 1 : 2;
    const auto code = static_cast<unsigned char>(out[at + length - 1]);
    out.replace(at, length, fmt::format("\\u{:04x}", code));
    at += 5;
  }
}

void append_pair(std::string& out, std::string_view name, std::string_view value) {
  const bool quoted = value.empty() || value.find_first_of(" =\"") != value.npos;
  out += ' ';
  append_printable(out, name);
  out += quoted ? "=\"" : "=";
  append_printable(out, value);
  if (quoted) out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  append_printable(out, name);
  out += "\":\"";
  append_printable(out, value);
  out += '"';
}

void append_duration(std::string& out, std::int64_t nanoseconds) {
  const double milliseconds = static_cast<double>(nanoseconds) / 1e6;
  if (milliseconds < 1000) {
    fmt::format_to(std::back_inserter(out), "{:.1f}ms", milliseconds);
  } else {
    fmt::format_to(std::back_inserter(out), "{:.2f}s", milliseconds / 1000);
  }
}

struct LevelName {
  std::string_view pretty, json;
};

LevelName name_of(Level level) {
  switch (level) {
    case Level::debug:
      return {"DEBUG", "debug"};
    case Level::info:
      return {"INFO ", "info"};
    case Level::warning:
      return {"WARN ", "warning"};
    case Level::error:
      return {"ERROR", "error"};
  }
  return {"?    ", "?"};
}

}  // namespace

void LogLines::append(std::string& out, const LogRecord& record) {
  if (format_ == Format::json) {
    append_json(out, record);
  } else {
    append_pretty(out, record);
  }
  out += '\n';
}

void LogLines::append_time(std::string& out, std::int64_t milliseconds) {
  const std::int64_t second = milliseconds / 1000;
  if (second != second_) {
    const time_t time = second;
    tm utc{};
    gmtime_r(&time, &utc);
    second_text_ = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", utc.tm_year + 1900,
                               utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    second_ = second;
  }
  out += second_text_;
  fmt::format_to(std::back_inserter(out), ".{:03}Z", milliseconds % 1000);
}

void LogLines::append_pretty(std::string& out, const LogRecord& record) {
  const auto& texts = record.texts;
  append_time(out, record.head.time);
  out += ' ';
  out += name_of(record.head.level).pretty;
  out += ' ';
  if (record.head.kind == LogRecord::Kind::message) {
    append_printable(out, texts[0]);
    for (std::size_t i = 1; i + 1 < record.head.text_count; i += 2) {
      append_pair(out, texts[i], texts[i + 1]);
    }
    return;
  }
  append_printable(out, texts[LogRecord::method]);
  out += ' ';
  append_printable(out, texts[LogRecord::path]);
  fmt::format_to(std::back_inserter(out), " {}", record.head.status);
  const auto append_known = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) append_pair(out, name, value);
  };
  append_known("project", texts[LogRecord::project]);
  append_known("cache", texts[LogRecord::cache]);
  out += ' ';
  append_duration(out, record.head.duration);
  fmt::format_to(std::back_inserter(out), " {}B", record.head.bytes);
  append_known("client", texts[LogRecord::client]);
  append_known("id", texts[LogRecord::request_id]);
}

void LogLines::append_json(std::string& out, const LogRecord& record) {
  const auto& texts = record.texts;
  out += "{\"time\":\"";
  append_time(out, record.head.time);
  out += '"';
  append_member(out, "level", name_of(record.head.level).json);
  if (record.head.kind == LogRecord::Kind::message) {
    append_member(out, "message", texts[0]);
    for (std::size_t i = 1; i + 1 < record.head.text_count; i += 2) {
      append_member(out, texts[i], texts[i + 1]);
    }
  } else {
    append_member(out, "message", "request");
    append_member(out, "method", texts[LogRecord::method]);
    append_member(out, "path", texts[LogRecord::path]);
    fmt::format_to(std::back_inserter(out), ",\"status\":{}", record.head.status);
    append_member(out, "project", texts[LogRecord::project]);
    append_member(out, "cache", texts[LogRecord::cache]);
    fmt::format_to(std::back_inserter(out), ",\"duration_ms\":{:.3f},\"bytes\":{}",
                   static_cast<double>(record.head.duration) / 1e6, record.head.bytes);
    append_member(out, "client", texts[LogRecord::client]);
    append_member(out, "request_id", texts[LogRecord::request_id]);
  }
  out += '}';
}

}  // namespace harbor_router::observe
