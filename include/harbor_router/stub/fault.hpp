// What can go wrong on purpose. A rule applies to the requests its scope names, in place of or on
// top of the ordinary answer; the youngest matching rule wins.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "harbor_router/stub/request_log.hpp"

namespace harbor_router::stub {

namespace fault {

struct None {};  // the ordinary answer, after the delay

struct Status {
  unsigned status = 503;
  std::optional<std::string> retry_after;
  std::string content_type = "application/json; charset=utf-8";
  std::optional<std::string> body;  // none: an error body of Harbor's
};

struct Hang {};   // no answer until the rule is cleared, then the ordinary one
struct Close {};  // the connection is closed without an answer

struct Cut {  // the connection is closed after so many body bytes, short of Content-Length
  std::uint64_t after_bytes = 0;
};

struct PortalPage {};  // 200 with the portal's HTML

struct RawBytes {  // no HTTP at all, then the connection is closed
  std::string bytes = "\x15\x03\x03 this is not HTTP\r\n\r\n";
};

struct WrongLength {  // Content-Length is off by so many bytes; the connection is closed afterwards
  std::int64_t difference = 1;
};

struct WrongBytes {};  // right length, last body byte changed: the digest does not match

struct SlowDrip {
  std::size_t chunk = 1;
  std::chrono::milliseconds interval{10};
};

}  // namespace fault

struct Fault {
  std::chrono::milliseconds delay{0};  // before anything is sent
  std::variant<fault::None, fault::Status, fault::Hang, fault::Close, fault::Cut, fault::PortalPage,
               fault::RawBytes, fault::WrongLength, fault::WrongBytes, fault::SlowDrip>
      then;
};

struct FaultScope {
  RequestFilter requests;            // an empty filter: the whole Harbor
  std::optional<std::size_t> count;  // so many requests only
};

}  // namespace harbor_router::stub
