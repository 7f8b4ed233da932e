// Whether a file holds what client_tls() (tls.hpp) can trust, for who only looks.
#pragma once

#include <string>

#include "harbor_router/base/result.hpp"

namespace harbor_router::http {

// Failure invalid, with OpenSSL's words: no certificate in PEM form can be read.
[[nodiscard]] base::Result<void> check_certificates(const std::string& file);

}  // namespace harbor_router::http
