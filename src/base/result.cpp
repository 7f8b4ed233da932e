#include "harbor_router/base/result.hpp"

#include <stdexcept>

namespace harbor_router::base {

const char* to_string(Errc code) noexcept {
  switch (code) {
    case Errc::invalid:
      return "invalid";
    case Errc::too_large:
      return "too large";
    case Errc::target_too_long:
      return "target too long";
    case Errc::resolve_failed:
      return "name not resolved";
    case Errc::connect_failed:
      return "connection failed";
    case Errc::connect_timeout:
      return "no connection in time";
    case Errc::tls_failed:
      return "TLS failed";
    case Errc::timeout:
      return "timeout";
    case Errc::closed:
      return "connection closed";
    case Errc::protocol:
      return "not HTTP/1.1";
    case Errc::digest_mismatch:
      return "digest mismatch";
    case Errc::refused_account:
      return "account refused";
    case Errc::not_found:
      return "not_found";
    case Errc::unexpected_answer:
      return "unexpected answer";
    case Errc::limited:
      return "limited";
    case Errc::unavailable:
      return "unavailable";
    case Errc::cancelled:
      return "cancelled";
    case Errc::io:
      return "input/output error";
  }
  return "unknown";
}

void throw_exception_from_error(const Failure& failure, const boost::source_location&) {
  throw std::runtime_error(std::string(to_string(failure.code)) + ": " + failure.detail);
}

}  // namespace harbor_router::base
