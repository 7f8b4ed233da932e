// Puts an answer on the socket, spoilt as the fault says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "harbor_router/stub/fault.hpp"
#include "stub/answer.hpp"
#include "stub/backend.hpp"

namespace harbor_router::stub {

struct Delivery {
  std::string method;
  Fault fault;
  Answer answer;
  std::unique_ptr<BackendBody> body;  // in place of answer.body
  std::uint64_t length = 0;           // of the true body
};

struct Progress {  // kept up to date, so that it is true however the delivery ends
  std::uint64_t body_bytes = 0;
};

// true: the connection may carry another request.
[[nodiscard]] boost::asio::awaitable<bool> deliver(boost::asio::ip::tcp::socket& socket,
                                                   Delivery delivery, Progress& progress);

}  // namespace harbor_router::stub
