#include "harbor_router/oci/range.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::oci {
namespace {

// Digits only, at most 2^64 - 1.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// Units are case-insensitive (RFC 9110 section 14.1).
bool take_bytes_unit(std::string_view& text) {
  constexpr std::string_view unit = "bytes";
  const std::string_view start = text.substr(0, unit.size());
  const bool same = std::equal(start.begin(), start.end(), unit.begin(), unit.end(),
                               [](char a, char b) { return a == b || (a | 0x20) == b; });
  if (same) text.remove_prefix(unit.size());
  return same;
}

std::optional<ByteRange> parse_one(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view after = text.substr(dash + 1);
  if (dash == 0) {
    const auto length = number(after);
    if (!length) return std::nullopt;
    return ByteSuffix{*length};
  }
  const auto first = number(text.substr(0, dash));
  if (!first) return std::nullopt;
  if (after.empty()) return ByteSpan{.first = *first, .last = std::nullopt};
  const auto last = number(after);
  if (!last || *last < *first) return std::nullopt;
  return ByteSpan{.first = *first, .last = last};
}

}  // namespace

std::optional<std::vector<ByteRange>> parse_range(std::string_view range) {
  range = base::trimmed(range);
  if (!take_bytes_unit(range) || !range.starts_with('=')) return std::nullopt;
  range.remove_prefix(1);
  std::vector<ByteRange> ranges;
  while (!range.empty()) {
    const std::string_view element = range.substr(0, range.find(','));
    range.remove_prefix(std::min(element.size() + 1, range.size()));
    const std::string_view text = base::trimmed(element);
    if (text.empty()) continue;  // lists may hold empty elements (RFC 9110 section 5.6.1)
    const auto one = parse_one(text);
    if (!one) return std::nullopt;
    ranges.push_back(*one);
  }
  if (ranges.empty()) return std::nullopt;
  return ranges;
}

std::string format_range(const std::vector<ByteRange>& ranges) {
  std::string out = "bytes=";
  for (const ByteRange& range : ranges) {
    if (out.back() != '=') out += ',';
    if (const auto* span = std::get_if<ByteSpan>(&range)) {
      out += std::to_string(span->first) + '-';
      if (span->last) out += std::to_string(*span->last);
    } else if (const auto* suffix = std::get_if<ByteSuffix>(&range)) {
      out += '-' + std::to_string(suffix->length);
    }
  }
  return out;
}

std::optional<ContentRange> parse_content_range(std::string_view content_range) {
  std::string_view text = base::trimmed(content_range);
  if (!take_bytes_unit(text) || !text.starts_with(' ')) return std::nullopt;
  text = base::trimmed(text);
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) {
    return std::nullopt;
  }
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(dash + 1, slash - dash - 1));
  if (!first || !last || *last < *first) return std::nullopt;
  ContentRange range{.first = *first, .last = *last, .total = std::nullopt};
  const std::string_view total = text.substr(slash + 1);
  if (total == "*") return range;
  range.total = number(total);
  if (!range.total || *range.total <= *last) return std::nullopt;
  return range;
}

std::string format_content_range(const ContentRange& range) {
  return "bytes " + std::to_string(range.first) + '-' + std::to_string(range.last) + '/' +
         (range.total ? std::to_string(*range.total) : std::string("*"));
}

std::optional<std::uint64_t> parse_unsatisfied_range(std::string_view content_range) {
  std::string_view text = base::trimmed(content_range);
  if (!take_bytes_unit(text) || !text.starts_with(' ')) return std::nullopt;
  text = base::trimmed(text);
  if (!text.starts_with("*/")) return std::nullopt;
  return number(text.substr(2));
}

std::string unsatisfied_content_range(std::uint64_t size) {
  return "bytes */" + std::to_string(size);
}

}  // namespace harbor_router::oci
