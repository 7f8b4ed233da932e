// The one Asio vocabulary of the project: every coroutine and socket belongs to the io_context of
// one thread, with the executor's concrete type (no type erasure, no strands).
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "harbor_router/base/clock.hpp"

namespace harbor_router::http {

namespace asio = boost::asio;
using boost::system::error_code;

using Executor = asio::io_context::executor_type;
template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Endpoint = asio::ip::tcp::endpoint;
using Timer = asio::basic_waitable_timer<base::Clock, asio::wait_traits<base::Clock>, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_awaitable{};
// co_await f(..., as_result) gives a tuple (error_code, ...) and never throws.
inline constexpr auto as_result = asio::as_tuple(use_awaitable);

}  // namespace harbor_router::http
