// An answer before it is bytes on a socket: status, headers, and a body made of pieces of content.
// Content-Length is added by the session, which also knows about HEAD.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harbor_router/stub/image.hpp"
#include "stub/request.hpp"

namespace harbor_router::stub {

struct Piece {
  std::shared_ptr<const Content> content;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// The answer is to be fetched from a real registry at 127.0.0.1.
struct BackendCall {
  std::uint16_t port = 0;
};

struct Answer {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<Piece> body;
  std::optional<BackendCall> backend;

  void set(std::string_view name, std::string_view value) { headers.emplace_back(name, value); }
  void append(std::string bytes);
  void append(std::shared_ptr<const Content> content);
  [[nodiscard]] std::uint64_t body_length() const;
};

[[nodiscard]] Answer json_answer(unsigned status, std::string body);
// Harbor's own error body: {"errors":[{"code","message"}]}.
[[nodiscard]] Answer harbor_error(unsigned status, std::string_view message);
[[nodiscard]] Answer harbor_error_with_code(unsigned status, std::string_view code,
                                            std::string_view message);
[[nodiscard]] Answer portal_page();

// Content in full, or the ranges asked for (RFC 9110 section 14), as distribution serves a local
// blob: 206, multipart/byteranges for several, 416. `answer` brings the other headers.
void serve_ranges(Answer& answer, const std::shared_ptr<const Content>& content,
                  std::string_view range_header, std::string_view content_type);

}  // namespace harbor_router::stub
