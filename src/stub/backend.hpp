// A real docker-registry on 127.0.0.1 behind a project: its answer, made to look like Harbor's
// local one. Tags are paged here, since docker-registry 2.8 does not page; absence is Harbor's
// NOT_FOUND. One connection a request.
#pragma once

#include <memory>
#include <span>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "stub/answer.hpp"
#include "stub/request.hpp"

namespace harbor_router::stub {

// The body of a backend's answer as it arrives.
class BackendBody {
 public:
  explicit BackendBody(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}
  // 0 at the end, or when the backend broke off.
  [[nodiscard]] boost::asio::awaitable<std::size_t> read(std::span<char> out);

 private:
  friend struct BackendExchange;
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  boost::beast::http::response_parser<boost::beast::http::buffer_body> parser_;
};

struct BackendAnswer {
  Answer answer;                      // complete when there is no body below
  std::unique_ptr<BackendBody> body;  // else still to be read: length bytes
  std::uint64_t length = 0;
};

[[nodiscard]] boost::asio::awaitable<BackendAnswer> ask_backend(BackendCall call, Request request);

}  // namespace harbor_router::stub
