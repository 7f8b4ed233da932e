#include "harbor_router/http/tls.hpp"

#include <stdexcept>

#include "harbor_router/http/certificates.hpp"

namespace harbor_router::http {

boost::asio::ssl::context client_tls(const std::string& ca_file, const std::string& setting) {
  boost::asio::ssl::context tls(boost::asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  boost::system::error_code error;
  if (ca_file.empty())
    tls.set_default_verify_paths(error);
  else
    tls.load_verify_file(ca_file, error);
  if (error)
    throw std::runtime_error(
        (ca_file.empty() ? "the system's certificates" : setting + ' ' + ca_file) +
        ": no certificates in PEM form can be read: " + error.message());
  return tls;
}

base::Result<void> check_certificates(const std::string& file) {
  boost::asio::ssl::context tls(boost::asio::ssl::context::tls_client);
  boost::system::error_code error;
  tls.load_verify_file(file, error);
  if (error) return base::failure(base::Errc::invalid, error.message());
  return {};
}

}  // namespace harbor_router::http
