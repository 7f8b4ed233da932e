// One client connection, from accept to close.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "harbor_router/base/guarded.hpp"
#include "harbor_router/stub/stand_in.hpp"
#include "stub/activity.hpp"
#include "stub/fault_rules.hpp"
#include "stub/harbor.hpp"

namespace harbor_router::stub {

// What sessions share; outlives them all.
struct Shared {
  base::Guarded<Harbor>& harbor;
  FaultRules& faults;
  Activity& activity;
  StandIn* http_control = nullptr;  // set when /_stand-in/ is served
};

[[nodiscard]] boost::asio::awaitable<void> run_session(boost::asio::ip::tcp::socket socket,
                                                       Shared shared);

}  // namespace harbor_router::stub
