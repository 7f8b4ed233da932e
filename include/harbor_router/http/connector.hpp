// Connections to one origin, each new.
//
// Its name is resolved again at least every 30 s, in the background once an address is known; all
// addresses are used in turn, and one that refuses is skipped for a while. What the system refuses
// this process is Errc::io: no fault of the origin. Lives on one thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "harbor_router/base/result.hpp"
#include "harbor_router/http/addresses.hpp"
#include "harbor_router/http/connection.hpp"
#include "harbor_router/http/origin.hpp"

namespace harbor_router::http {

// Looks a name up and calls `found` once, on the connector's thread, however long that takes.
using Found = std::function<void(error_code, std::vector<Endpoint>)>;
using LookUp = std::function<void(const std::string& host, std::uint16_t port, Found found)>;

struct NameSettings {
  LookUp look_up = nullptr;  // empty: getaddrinfo, on a thread of its own
  std::chrono::nanoseconds look_up_again_after = Addresses::fresh_for;
};

class Connector {
 public:
  // tls: used for https origins; may be null otherwise. Borrowed: must outlive the connector.
  Connector(asio::io_context& context, Deadlines& deadlines, Origin origin, NameSettings settings,
            asio::ssl::context* tls);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // With TLS where the origin is https.
  [[nodiscard]] Awaitable<base::Result<std::unique_ptr<Connection>>> connect(
      base::TimePoint deadline);
  // For as long as there are connections: has an old answer of the name server replaced.
  void refresh(base::TimePoint now);
  // Whether its address is still one of the name's, and not another's turn.
  [[nodiscard]] bool keeps(const Connection& connection, base::TimePoint now) const noexcept;
  [[nodiscard]] const Origin& origin() const noexcept { return origin_; }

 private:
  struct Names;
  [[nodiscard]] Awaitable<base::Result<void>> wait_for_addresses(base::TimePoint deadline);
  void look_up_unless_under_way();

  asio::io_context& context_;
  Deadlines& deadlines_;
  Origin origin_;
  NameSettings settings_;
  asio::ssl::context* tls_;
  std::shared_ptr<Names> names_;  // shared with the look-up under way, which cannot be cancelled
};

}  // namespace harbor_router::http
