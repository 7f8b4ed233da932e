// Expected failures are values: a Result holds a value or a Failure, and a Failure says what kind
// of fact it is (Errc, for the code that decides) and what was wrong (detail, for the person who
// reads). Exceptions are for start-up and bugs only.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <boost/system/result.hpp>

namespace harbor_router::base {

enum class Errc {
  invalid,            // input that breaks a grammar: a name, a digest, a head, a setting
  too_large,          // input over a documented limit
  target_too_long,    // a request's target is, which has a status of its own
  resolve_failed,     // the host name has no address
  connect_failed,     // no address accepted a connection
  connect_timeout,    // nor refused one, or ended its TLS handshake, in time
  tls_failed,         // handshake or certificate
  timeout,            // a deadline passed without progress
  closed,             // the peer closed or reset before the message was whole
  protocol,           // the peer spoke something that is not HTTP/1.1
  digest_mismatch,    // bytes whose digest is not the one asked for or announced
  refused_account,    // Harbor does not accept the router's own account
  not_found,          // the peer says that there is no such thing (404)
  unexpected_answer,  // a well-formed answer that makes no sense here (HTML, wrong JSON)
  limited,            // refused for load: by the peer (429) or by a limit of our own
  unavailable,        // the peer says that it cannot serve now (503)
  cancelled,          // given up because the process stops
  io,                 // the operating system said no: detail holds its words
};

[[nodiscard]] const char* to_string(Errc code) noexcept;

struct Failure {
  Errc code = Errc::io;
  std::string detail;
  std::optional<std::chrono::seconds> retry_after;  // as the peer said
};

// Called by Result::value() on a Failure: reaching it is a bug, hence the exception.
[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location&);

template <class T>
using Result = boost::system::result<T, Failure>;

[[nodiscard]] inline Failure failure(Errc code, std::string detail) {
  return Failure{code, std::move(detail), std::nullopt};
}

}  // namespace harbor_router::base
