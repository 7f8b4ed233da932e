// Heads of requests and responses (RFC 9112), parsed with Beast's parser into views of the bytes
// given.
//
// The views live as long as those bytes. Stricter than Beast where laxness lets two servers
// disagree about where a message ends: bare CR or LF, NUL, obs-fold, two lengths, a length beside a
// transfer coding, and any transfer coding but "chunked" are errors. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/base/result.hpp"

namespace harbor_router::http {

inline constexpr std::size_t max_head_bytes = 32 * 1024;
inline constexpr std::size_t max_target_bytes = 8 * 1024;
inline constexpr std::size_t max_fields = 100;

struct Field {
  std::string_view name;
  std::string_view value;
};

using base::equal_ignoring_case;
// Whether a comma-separated field value lists token (compared without case).
[[nodiscard]] bool lists_token(std::string_view value, std::string_view token) noexcept;

// Writes "name: value\r\n" behind what out holds.
void append_field(std::string& out, std::string_view name, std::string_view value);

class Fields {
 public:
  void clear() noexcept { fields_.clear(); }
  void set(std::string_view name, std::string_view value);  // in place of the one there is
  void add(std::string_view name, std::string_view value) {
    if (fields_.capacity() == 0) fields_.reserve(usual_fields);
    fields_.push_back({name, value});
  }
  // The first value of name, or an empty view (name compared without case).
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept;
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  // All values of name as one list (RFC 9110 section 5.3).
  [[nodiscard]] std::string list(std::string_view name) const;
  [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() const noexcept { return fields_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }

 private:
  static constexpr std::size_t usual_fields = 24;
  std::vector<Field> fields_;
};

// How the end of a body is known (RFC 9112 section 6.3).
enum class Framing { none, length, chunked, until_close };

struct RequestHead {
  std::string_view method;
  std::string_view target;  // an absolute one without its origin, which then stands in Host
  int version = 11;         // 10 or 11
  bool keep_alive = true;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  Fields fields;
};

struct ResponseHead {
  int status = 0;
  bool keep_alive = true;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;    // of the body that follows
  std::uint64_t announced_length = 0;  // as Content-Length says, also for a HEAD; 0 when absent
  bool has_content_length = false;
  Fields fields;
};

enum class RequestMethod { get, head, other };

// Bytes of the head including its blank line, or 0 when the blank line has not come yet. A blank
// line of bare LF ends a head too, which then does not parse.
[[nodiscard]] std::size_t head_size(std::string_view bytes) noexcept;

// bytes: exactly one head, blank line included; an empty line before it is skipped (RFC 9112
// section 2.2). The head given is cleared and filled, so that its storage is used again. Failure:
// invalid (400), target_too_long (414) or too_large (431).
[[nodiscard]] base::Result<void> parse_request_head(std::string_view bytes, RequestHead& head);
// method: of the request answered, since an answer to HEAD has no body. Failure: protocol.
[[nodiscard]] base::Result<void> parse_response_head(std::string_view bytes, RequestMethod method,
                                                     ResponseHead& head);

}  // namespace harbor_router::http
