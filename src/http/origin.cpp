#include "harbor_router/http/origin.hpp"

namespace harbor_router::http {

std::string Origin::host_field() const {
  const bool bracketed = host.find(':') != std::string::npos;
  std::string field = bracketed ? "[" + host + "]" : host;
  if (port != (scheme == Scheme::https ? 443 : 80)) field += ":" + std::to_string(port);
  return field;
}

std::string Origin::url() const {
  return (scheme == Scheme::https ? "https://" : "http://") + host_field();
}

}  // namespace harbor_router::http
