#include "observe/log_lines.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "harbor_router/base/json_escape.hpp"

namespace harbor_router::observe {
namespace {

// What may stand in a line as it is: nearly all of an access log. One look a byte, since a line is
// written for each request.
enum class Kind : unsigned char { plain, separates, escaped };

constexpr std::array<Kind, 256> kinds_of_bytes() {
  std::array<Kind, 256> kinds{};
  for (std::size_t byte = 0; byte < kinds.size(); ++byte) {
    const bool printable = byte >= ' ' && byte < 0x7F && byte != '"' && byte != '\\';
    kinds[byte] = !printable                   ? Kind::escaped
                  : byte == ' ' || byte == '=' ? Kind::separates
                                               : Kind::plain;
  }
  return kinds;
}

constexpr std::array<Kind, 256> kind_of_byte = kinds_of_bytes();

// The kind of the byte that needs most care.
Kind kind_of(std::string_view text) noexcept {
  Kind worst = Kind::plain;
  for (const char c : text) worst = std::max(worst, kind_of_byte[static_cast<unsigned char>(c)]);
  return worst;
}

// What JSON leaves as it is though whoever looks at it is led astray: DEL and the C1 controls
// (U+0080 to U+009F), which terminals obey; the marks, embeddings, overrides and isolates of
// right-to-left writing, and the line separators, which change what a line seems to say. 0: no such
// thing is at the start of text.
char32_t misleading(std::string_view text) {
  const auto byte = [text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  if (byte(0) == 0x7F) return 0x7F;
  const char32_t two = (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
  if (byte(0) == 0xC2) return two < 0xA0 ? two : 0;
  if (byte(0) == 0xD8) return two == 0x061C ? two : 0;
  if (byte(0) != 0xE2) return 0;
  const char32_t three = 0x2000U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
  const bool leads = three == 0x200E || three == 0x200F || (three >= 0x2028 && three <= 0x202E) ||
                     (three >= 0x2066 && three <= 0x2069);
  return leads ? three : 0;
}

void append_escaped(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  base::append_json_escaped(out, text);
  for (std::size_t at = start; at < out.size(); ++at) {
    const char32_t code = misleading(std::string_view(out).substr(at));
    if (code == 0) continue;
    const std::size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    out.replace(at, length, fmt::format("\\u{:04x}", static_cast<unsigned>(code)));
    at += 5;
  }
}

void append_printable(std::string& out, std::string_view text) {
  if (kind_of(text) == Kind::escaped)
    append_escaped(out, text);
  else
    out += text;
}

void append_pair(std::string& out, std::string_view name, std::string_view value) {
  const Kind kind = kind_of(value);
  const bool quoted = value.empty() || kind == Kind::separates ||
                      (kind == Kind::escaped && value.find_first_of(" =\"") != value.npos);
  out += ' ';
  append_printable(out, name);
  out += quoted ? "=\"" : "=";
  if (kind == Kind::escaped)
    append_escaped(out, value);
  else
    out += value;
  if (quoted) out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  append_printable(out, name);
  out += "\":\"";
  append_printable(out, value);
  out += '"';
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

// The first so many of the three digits of a number below 1000.
void append_digits(std::string& out, unsigned number, unsigned digits) {
  const std::array<char, 3> all = {static_cast<char>('0' + number / 100),
                                   static_cast<char>('0' + number / 10 % 10),
                                   static_cast<char>('0' + number % 10)};
  out.append(all.data(), digits);
}

// With one digit after the point in milliseconds, with two from a second on; fmt's formatting of
// doubles and strings was a tenth of what a request cost.
void append_duration(std::string& out, std::int64_t nanoseconds) {
  const auto microseconds =
      static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0)) / 1000;
  const std::uint64_t tenths = (microseconds + 50) / 100;
  const bool seconds = tenths >= 10'000;
  const std::uint64_t thousandths = seconds ? (microseconds + 5'000) / 1000 : tenths * 100;
  append_number(out, thousandths / 1000);
  out += '.';
  append_digits(out, static_cast<unsigned>(thousandths % 1000), seconds ? 2 : 1);
  out += seconds ? "s" : "ms";
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
  out += '.';
  append_digits(out, static_cast<unsigned>(milliseconds % 1000), 3);
  out += 'Z';
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
  out += ' ';
  append_number(out, static_cast<std::uint64_t>(record.head.status));
  const auto append_known = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) append_pair(out, name, value);
  };
  append_known("project", texts[LogRecord::project]);
  append_known("cache", texts[LogRecord::cache]);
  out += ' ';
  append_duration(out, record.head.duration);
  out += ' ';
  append_number(out, record.head.bytes);
  out += 'B';
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
    out += ",\"status\":";
    append_number(out, static_cast<std::uint64_t>(record.head.status));
    append_member(out, "project", texts[LogRecord::project]);
    append_member(out, "cache", texts[LogRecord::cache]);
    const auto microseconds = static_cast<std::uint64_t>(record.head.duration) / 1000;
    out += ",\"duration_ms\":";
    append_number(out, microseconds / 1000);
    out += '.';
    append_digits(out, static_cast<unsigned>(microseconds % 1000), 3);
    out += ",\"bytes\":";
    append_number(out, record.head.bytes);
    append_member(out, "client", texts[LogRecord::client]);
    append_member(out, "request_id", texts[LogRecord::request_id]);
  }
  out += '}';
}

}  // namespace harbor_router::observe
