// An answer to a client as values, and its head as bytes. Pure.
//
// Only fields named here go out: nothing of Harbor's (Set-Cookie, WWW-Authenticate, paths) comes
// along by accident.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harbor_router/oci/error_body.hpp"
#include "harbor_router/routing/resolver.hpp"

namespace harbor_router::server {

struct Reply {
  int status = 200;
  std::string fields;    // whole lines, "Name: value\r\n"
  std::string own_body;  // used unless shared_body is set
  std::shared_ptr<const std::string> shared_body;
  std::optional<std::uint64_t> announced_length;  // Content-Length when it is not the body's (HEAD)
  harbor::ProjectPointer project;                 // for X-Harbor-Router-Project, log and metrics
  routing::CacheState cache = routing::CacheState::none;

  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, std::uint64_t value);
  void add_retry_after(std::chrono::seconds delay);
  [[nodiscard]] std::string_view body() const noexcept {
    return shared_body ? std::string_view(*shared_body) : std::string_view(own_body);
  }
};

// Told with a 429 when Harbor names no time.
inline constexpr std::chrono::seconds retry_when_limited{5};
// Told with a 503.
inline constexpr std::chrono::seconds retry_when_unavailable{2};

[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

// What every head carries besides the reply's own fields.
struct HeadFacts {
  std::string_view date;  // IMF-fixdate
  std::string_view request_id;
  bool keep_alive = true;
};
// none: 204, 304, a length nobody knows (HEAD), or until the connection's end (HTTP/1.0)
enum class BodyLength { counted, chunked, none };

// Appends the whole head to out. length: with BodyLength::counted.
void append_head(std::string& out, const Reply& reply, const HeadFacts& facts, BodyLength coding,
                 std::uint64_t length);

[[nodiscard]] Reply error_reply(int status, const oci::Error& error);
[[nodiscard]] Reply json_reply(int status, std::string body);

}  // namespace harbor_router::server
