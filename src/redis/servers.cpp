#include "redis/servers.hpp"

namespace harbor_router::redis {

std::shared_ptr<http::Connector> Servers::at(const ServerAddress& address) {
  if (connectors_.size() >= most) connectors_.clear();
  auto& connector = connectors_[to_string(address)];
  if (!connector) {
    const bool tls = thread_.settings.transport == Transport::tls;
    http::Origin origin{.scheme = tls ? http::Scheme::https : http::Scheme::http,
                        .host = address.host,
                        .port = address.port};
    // A name that leads to the master is another server's after a failover: each attempt has it
    // looked up again, and does not wait for that.
    connector = std::make_shared<http::Connector>(
        thread_.context, thread_.deadlines, std::move(origin),
        http::NameSettings{.look_up_again_after = std::chrono::nanoseconds(0)}, thread_.tls);
  }
  return connector;
}

}  // namespace harbor_router::redis
