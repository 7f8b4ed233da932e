// Range requests as Go's http.ServeContent, and so distribution, answers them.
#include <charconv>

#include <fmt/format.h>

#include "harbor_router/base/ascii.hpp"
#include "stub/answer.hpp"

namespace harbor_router::stub {
namespace {

struct ByteRange {
  std::uint64_t start = 0;
  std::uint64_t length = 0;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

enum class Verdict { whole, ranges, unsatisfiable };
struct Parsed {
  Verdict verdict = Verdict::whole;
  std::vector<ByteRange> ranges;
};

Parsed parse_ranges(std::string_view header, std::uint64_t size) {
  if (header.empty()) return {};
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return {.verdict = Verdict::unsatisfiable, .ranges = {}};
  Parsed parsed{.verdict = Verdict::ranges, .ranges = {}};
  std::uint64_t total = 0;
  std::string_view left = header.substr(unit.size());
  while (!left.empty()) {
    const auto comma = left.find(',');
    const std::string_view spec = base::trimmed(left.substr(0, comma));
    left = comma == left.npos ? "" : left.substr(comma + 1);
    if (spec.empty()) continue;
    const auto dash = spec.find('-');
    if (dash == spec.npos) return {.verdict = Verdict::unsatisfiable, .ranges = {}};
    const auto first = number(spec.substr(0, dash));
    const auto last = number(spec.substr(dash + 1));
    ByteRange range;
    if (dash == 0) {
      if (!last) return {.verdict = Verdict::unsatisfiable, .ranges = {}};
      range.length = std::min(*last, size);
      range.start = size - range.length;
    } else {
      const bool open_end = dash + 1 == spec.size();
      if (!first || (!open_end && (!last || *last < *first))) {
        return {.verdict = Verdict::unsatisfiable, .ranges = {}};
      }
      if (*first >= size) continue;
      range.start = *first;
      range.length = (open_end ? size - 1 : std::min(*last, size - 1)) - *first + 1;
    }
    total += range.length;
    parsed.ranges.push_back(range);
  }
  if (parsed.ranges.empty()) return {.verdict = Verdict::unsatisfiable, .ranges = {}};
  if (total > size) return {};  // overlapping ranges larger than the whole: ignored
  return parsed;
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return fmt::format("bytes {}-{}/{}", range.start, range.start + range.length - 1, size);
}

}  // namespace

void serve_ranges(Answer& answer, const std::shared_ptr<const Content>& content,
                  std::string_view range_header, std::string_view content_type) {
  const std::uint64_t size = content->size();
  const Parsed parsed = parse_ranges(range_header, size);
  if (parsed.verdict == Verdict::unsatisfiable) {
    answer.status = 416;
    answer.set("Content-Range", fmt::format("bytes */{}", size));
    answer.set("Content-Type", "text/plain; charset=utf-8");
    answer.append("invalid range: failed to overlap\n");
    return;
  }
  answer.set("Accept-Ranges", "bytes");
  if (parsed.verdict == Verdict::whole) {
    answer.set("Content-Type", content_type);
    answer.append(content);
    return;
  }
  answer.status = 206;
  if (parsed.ranges.size() == 1) {
    answer.set("Content-Type", content_type);
    answer.set("Content-Range", content_range(parsed.ranges[0], size));
    answer.body.push_back({content, parsed.ranges[0].start, parsed.ranges[0].length});
    return;
  }
  constexpr std::string_view boundary = "2c8f0b6a4de1937755aa01ce";
  answer.set("Content-Type", fmt::format("multipart/byteranges; boundary={}", boundary));
  for (const ByteRange& range : parsed.ranges) {
    answer.append(fmt::format("{}--{}\r\nContent-Range: {}\r\nContent-Type: {}\r\n\r\n",
                              answer.body.empty() ? "" : "\r\n", boundary,
                              content_range(range, size), content_type));
    answer.body.push_back({content, range.start, range.length});
  }
  answer.append(fmt::format("\r\n--{}--\r\n", boundary));
}

}  // namespace harbor_router::stub
