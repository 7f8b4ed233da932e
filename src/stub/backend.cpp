#include "stub/backend.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stub/handlers.hpp"

namespace harbor_router::stub {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

asio::awaitable<std::size_t> BackendBody::read(std::span<char> out) {
  if (parser_.is_done()) co_return 0;
  auto& body = parser_.get().body();
  body.data = out.data();
  body.size = out.size();
  auto [error, bytes] =
      co_await http::async_read(socket_, buffer_, parser_, asio::as_tuple(asio::use_awaitable));
  if (error && error != http::error::need_buffer) co_return 0;
  co_return out.size() - body.size;
}

// Grants ask_backend the parser that BackendBody reads on with.
struct BackendExchange {
  static asio::awaitable<bool> begin(BackendBody& body, BackendCall call, const Request& request);
  static const auto& head(const BackendBody& body) { return body.parser_.get(); }
  static std::uint64_t length(const BackendBody& body) {
    return body.parser_.content_length().value_or(0);
  }
};

asio::awaitable<bool> BackendExchange::begin(BackendBody& body, BackendCall call,
                                             const Request& request) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), call.port);
  auto [connect_error] =
      co_await body.socket_.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
  if (connect_error) co_return false;
  std::string target = "/v2/" + request.path.substr(4 + request.route.project.size() + 1);
  http::request<http::empty_body> message(http::string_to_verb(request.method), target, 11);
  message.set(http::field::host, fmt::format("127.0.0.1:{}", call.port));
  for (const auto& [name, value] : request.headers) {
    const auto field = http::string_to_field(name);
    if (field == http::field::accept || field == http::field::range ||
        field == http::field::if_none_match || field == http::field::if_range) {
      message.insert(field, value);
    }
  }
  auto [write_error, written] =
      co_await http::async_write(body.socket_, message, asio::as_tuple(asio::use_awaitable));
  if (write_error) co_return false;
  body.parser_.body_limit(boost::none);
  body.parser_.skip(request.is_head());
  auto [read_error, read] = co_await http::async_read_header(
      body.socket_, body.buffer_, body.parser_, asio::as_tuple(asio::use_awaitable));
  co_return !read_error;
}

namespace {

asio::awaitable<std::string> whole(BackendBody& body) {
  std::string text;
  std::string chunk(16 * 1024, '\0');
  for (;;) {
    const std::size_t length = co_await body.read(chunk);
    if (length == 0) co_return text;
    text.append(chunk, 0, length);
  }
}

std::vector<std::string> sorted_tags(std::string_view body) {
  const auto page = nlohmann::json::parse(body, nullptr, false);
  std::vector<std::string> tags;
  if (page.is_object() && page.contains("tags") && page["tags"].is_array()) {
    tags = page["tags"].get<std::vector<std::string>>();
  }
  std::sort(tags.begin(), tags.end());
  return tags;
}

}  // namespace

asio::awaitable<BackendAnswer> ask_backend(BackendCall call, Request request) {
  tcp::socket socket(co_await asio::this_coro::executor);
  auto body = std::make_unique<BackendBody>(std::move(socket));
  BackendAnswer result;
  const bool begun = co_await BackendExchange::begin(*body, call, request);
  if (!begun) {
    result.answer = harbor_error(500, "internal server error");
    co_return result;
  }
  const auto& head = BackendExchange::head(*body);
  const unsigned status = head.result_int();
  const bool is_tags = request.route.endpoint == Endpoint::tags;
  if (status == 404 && !is_tags) {
    result.answer =
        harbor_error(404, fmt::format("{}/{}@{} not found", request.route.project,
                                      request.route.repository, request.route.reference));
    co_return result;
  }
  if (is_tags) {
    const std::string text = co_await whole(*body);
    result.answer = tags_page(request, sorted_tags(status == 200 ? text : ""));
    co_return result;
  }
  result.answer.status = status;
  for (const auto& field : head) {
    const std::string_view name(field.name_string().data(), field.name_string().size());
    const bool ours = field.name() == http::field::content_length ||
                      field.name() == http::field::transfer_encoding ||
                      field.name() == http::field::connection || field.name() == http::field::date;
    if (!ours) {
      result.answer.set(name, std::string_view(field.value().data(), field.value().size()));
    }
  }
  result.length = BackendExchange::length(*body);
  result.body = std::move(body);
  co_return result;
}

}  // namespace harbor_router::stub
