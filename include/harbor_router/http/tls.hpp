// What this program trusts when it speaks TLS to somebody.
#pragma once

#include <string>

#include <boost/asio/ssl/context.hpp>

namespace harbor_router::http {

// TLS 1.2 or later; ca_file: PEM certificates to trust, empty: the system's roots. Names are
// verified by Connection. Throws std::runtime_error naming the setting when the file cannot be
// read.
[[nodiscard]] boost::asio::ssl::context client_tls(const std::string& ca_file = {},
                                                   const std::string& setting = {});

}  // namespace harbor_router::http
