// Reads requests one by one; a fault may take the place of the answer before there is one.
#include "stub/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "stub/accounts.hpp"
#include "stub/control.hpp"
#include "stub/delivery.hpp"
#include "stub/handlers.hpp"

namespace harbor_router::stub {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds look_again{5};

struct OpenConnection {
  explicit OpenConnection(Activity& seen) : activity(seen), number(seen.connection_opened()) {}
  ~OpenConnection() { activity.connection_closed(); }
  OpenConnection(const OpenConnection&) = delete;
  OpenConnection& operator=(const OpenConnection&) = delete;
  Activity& activity;
  std::uint64_t number;
};

struct RequestInProgress {
  RequestInProgress(Activity& seen, LoggedRequest request)
      : activity(seen), number(seen.request_begun(std::move(request))) {}
  ~RequestInProgress() { activity.request_ended(number, progress.body_bytes); }
  RequestInProgress(const RequestInProgress&) = delete;
  RequestInProgress& operator=(const RequestInProgress&) = delete;
  Activity& activity;
  std::uint64_t number;
  Progress progress;
};

Request request_of(http::request<http::string_body>&& message) {
  Request request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  const auto question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (question != std::string::npos) request.query = request.target.substr(question + 1);
  request.route = route(request.path);
  for (const auto& field : message) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  return request;
}

LoggedRequest log_entry(const Request& request, std::uint64_t connection) {
  LoggedRequest entry;
  entry.method = request.method;
  entry.target = request.target;
  entry.endpoint = request.route.endpoint;
  entry.project = request.route.project;
  entry.repository = request.route.repository;
  entry.reference = request.route.reference;
  entry.authorization = std::string(request.header("Authorization"));
  entry.authorization_kind = authorization_kind(entry.authorization);
  for (const auto& [name, value] : request.headers) {
    if (http::string_to_field(name) == http::field::accept) entry.accept.push_back(value);
  }
  entry.headers = request.headers;
  entry.connection = connection;
  entry.time = std::chrono::system_clock::now();
  return entry;
}

bool peer_is_gone(tcp::socket& socket) {
  char byte = 0;
  boost::system::error_code error;
  socket.non_blocking(true, error);
  const std::size_t length =
      socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  return error ? error != asio::error::would_block : length == 0;
}

// Waits for the fault's delay, and for a Hang to be cleared; false when the client went away first.
asio::awaitable<bool> hold_back(tcp::socket& socket, Shared shared, ActiveFault active) {
  asio::steady_timer timer(socket.get_executor());
  const auto until = base::Clock::now() + active.fault.delay;
  const bool hangs = std::holds_alternative<fault::Hang>(active.fault.then);
  for (;;) {
    const auto now = base::Clock::now();
    if (now >= until && !(hangs && shared.faults.is_set(active.rule))) co_return true;
    if (peer_is_gone(socket)) co_return false;
    timer.expires_after(now < until ? std::min<base::Duration>(look_again, until - now)
                                    : look_again);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

Answer faulty(const fault::Status& wanted) {
  Answer answer = harbor_error(wanted.status, "made to fail");
  if (wanted.body) {
    answer.body.clear();
    answer.append(*wanted.body);
    answer.headers = {{"Content-Type", wanted.content_type}};
  }
  if (wanted.retry_after) answer.set("Retry-After", *wanted.retry_after);
  return answer;
}

// The answer to one request on the wire; false: the connection is to be closed.
asio::awaitable<bool> answer_one(tcp::socket& socket, Shared shared, Request request,
                                 RequestInProgress& running) {
  const Route& at = request.route;
  const ActiveFault active = shared.faults.take(request.method, at.project, at.endpoint);
  const bool still_there = co_await hold_back(socket, shared, active);
  if (!still_there || std::holds_alternative<fault::Close>(active.fault.then)) co_return false;
  if (const auto* raw = std::get_if<fault::RawBytes>(&active.fault.then)) {
    co_await asio::async_write(socket, asio::buffer(raw->bytes),
                               asio::as_tuple(asio::use_awaitable));
    co_return false;
  }
  Delivery delivery{.method = request.method, .fault = active.fault, .answer = {}, .body = {}};
  if (const auto* status = std::get_if<fault::Status>(&active.fault.then)) {
    delivery.answer = faulty(*status);
  } else if (std::holds_alternative<fault::PortalPage>(active.fault.then)) {
    delivery.answer = portal_page();
  } else {
    delivery.answer = harbor_answer(*shared.harbor.lock(), request);
  }
  delivery.length = delivery.answer.body_length();
  if (const auto call = delivery.answer.backend) {
    auto ours = std::move(delivery.answer.headers);  // X-Request-Id and the session cookie
    BackendAnswer relayed = co_await ask_backend(*call, request);
    delivery.answer = std::move(relayed.answer);
    for (auto& header : ours) delivery.answer.headers.push_back(std::move(header));
    delivery.length = relayed.body ? relayed.length : delivery.answer.body_length();
    delivery.body = std::move(relayed.body);
  }
  shared.activity.answer_begun(running.number, delivery.answer.status);
  const bool delivered = co_await deliver(socket, std::move(delivery), running.progress);
  co_return delivered;
}

asio::awaitable<bool> answer_control(tcp::socket& socket, Shared shared, Request request) {
  Delivery delivery{.method = request.method, .fault = {}, .answer = {}, .body = {}};
  delivery.answer = control_answer(*shared.http_control, request);
  delivery.length = delivery.answer.body_length();
  Progress progress;
  const bool delivered = co_await deliver(socket, std::move(delivery), progress);
  co_return delivered;
}

}  // namespace

asio::awaitable<void> run_session(tcp::socket socket, Shared shared) {
  std::optional<OpenConnection> open(std::in_place, shared.activity);
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  boost::beast::flat_buffer buffer;
  for (bool go_on = true; go_on;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(64 * 1024);
    parser.body_limit(16 * 1024 * 1024);
    auto [error, bytes] =
        co_await http::async_read(socket, buffer, parser, asio::as_tuple(asio::use_awaitable));
    if (error) break;
    go_on = parser.keep_alive();
    Request request = request_of(parser.release());
    if (shared.http_control != nullptr && request.path.starts_with("/_stand-in/")) {
      const bool answered = co_await answer_control(socket, shared, std::move(request));
      go_on = go_on && answered;
      continue;
    }
    RequestInProgress running(shared.activity, log_entry(request, open->number));
    const bool answered = co_await answer_one(socket, shared, std::move(request), running);
    go_on = go_on && answered;
  }
  socket.shutdown(tcp::socket::shutdown_both, ignored);
  socket.close(ignored);
}

}  // namespace harbor_router::stub
