// Range and Content-Range in bytes (RFC 9110 section 14). Pure. Range is forwarded verbatim; this
// checks it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace harbor_router::oci {

// "a-b" or "a-": both ends counted in; without last up to the end. first <= last.
struct ByteSpan {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
  friend bool operator==(const ByteSpan&, const ByteSpan&) = default;
};
// "-n": the last n bytes.
struct ByteSuffix {
  std::uint64_t length = 0;
  friend bool operator==(const ByteSuffix&, const ByteSuffix&) = default;
};
using ByteRange = std::variant<ByteSpan, ByteSuffix>;

// "bytes=0-99, 200-, -5": at least one range; nullopt for another unit or a broken one.
[[nodiscard]] std::optional<std::vector<ByteRange>> parse_range(std::string_view range);
[[nodiscard]] std::string format_range(const std::vector<ByteRange>& ranges);

// "bytes first-last/total" of a 206; total is absent for "*". first <= last < total.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> total;
  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view content_range);
[[nodiscard]] std::string format_content_range(const ContentRange& range);

// Of a 416: "bytes */size"; nullopt: it names none.
[[nodiscard]] std::optional<std::uint64_t> parse_unsatisfied_range(std::string_view content_range);
[[nodiscard]] std::string unsatisfied_content_range(std::uint64_t size);

}  // namespace harbor_router::oci
