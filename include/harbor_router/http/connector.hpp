// Connections to one origin, each new.
//
// Its name is resolved again at least every 30 s, all addresses are used in turn, and one that
// refuses is skipped for a while. Lives on one thread.
#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "harbor_router/base/result.hpp"
#include "harbor_router/http/addresses.hpp"
#include "harbor_router/http/connection.hpp"
#include "harbor_router/http/origin.hpp"

namespace harbor_router::http {

class Connector {
 public:
  // tls: used for https origins; may be null otherwise. Borrowed: must outlive the connector.
  Connector(asio::io_context& context, Deadlines& deadlines, Origin origin,
            asio::ssl::context* tls)
      : context_(context), deadlines_(deadlines), origin_(std::move(origin)), tls_(tls) {}

  // With TLS where the origin is https.
  [[nodiscard]] Awaitable<base::Result<std::unique_ptr<Connection>>> connect(
      base::TimePoint deadline);
  [[nodiscard]] const Origin& origin() const noexcept { return origin_; }

 private:
  [[nodiscard]] Awaitable<base::Result<void>> resolve(base::TimePoint deadline);

  asio::io_context& context_;
  Deadlines& deadlines_;
  Origin origin_;
  asio::ssl::context* tls_;
  Addresses addresses_;
};

}  // namespace harbor_router::http
