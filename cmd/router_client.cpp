#include "cmd/router_client.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/context.hpp>
#include <fmt/format.h>

#include "harbor_router/base/json_text.hpp"
#include "harbor_router/http/exchange.hpp"
#include "harbor_router/http/tls.hpp"

namespace harbor_router {

namespace {

constexpr std::size_t at_a_time = 16;
constexpr std::size_t longest_answer = 64 * 1024 * 1024;

using Answers = std::vector<base::Result<server::Document>>;

struct Answered {
  int status = 0;
  std::string body;
};

std::string words_of(const Answered& answer) {
  const auto json = base::read_json<server::Json>(answer.body);
  if (json.is_object() && json.contains("error") && json["error"].is_string())
    return json["error"].get<std::string>();
  return fmt::format("status {}, and no explanation; is this a router's METRICS_ADDR?",
                     answer.status);
}

std::string head_of(const RouterClient::Request& request, const http::Origin& origin) {
  std::string head = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: harbor-router\r\nAccept: application/json\r\n",
      request.method == RouterClient::Request::Method::get ? "GET" : "DELETE", request.target,
      origin.host_field());
  if (!request.admin_token.empty())
    head += fmt::format("Authorization: Bearer {}\r\n", request.admin_token);
  return head + "\r\n";
}

base::Result<server::Document> document_of(const base::Result<Answered>& answer,
                                           const http::Origin& origin) {
  const auto told_by_router = [&](base::Errc kind, const std::string& words) {
    return base::failure(kind, fmt::format("the router at {}: {}", origin.url(), words));
  };
  if (!answer) return told_by_router(answer.error().code, answer.error().detail);
  const int status = answer->status;
  if (status == 200) {
    auto json = base::read_json<server::Json>(answer->body);
    if (json.is_object()) return server::Document{std::move(json)};
  }
  const base::Errc kind = status == 401 || status == 403 ? base::Errc::refused_account
                          : status == 400                ? base::Errc::invalid
                                                         : base::Errc::unexpected_answer;
  return told_by_router(kind, words_of(*answer));
}

}  // namespace

struct RouterClient::Parts {
  Parts(http::Origin router, std::chrono::nanoseconds longest_wait)
      : patience(longest_wait),
        tls(http::client_tls()),
        origin(std::move(router)),
        pool(context, deadlines, origin, {}, &tls) {
    deadlines.start();
  }

  http::Awaitable<base::Result<Answered>> exchange(std::string head) {
    const base::TimePoint deadline = base::Clock::now() + patience;
    http::Exchange one(pool, buffers);
    auto started = co_await one.start(head, http::RequestMethod::get, deadline);
    if (!started) co_return started.error();
    auto body = co_await one.read_all(longest_answer, deadline);
    if (!body) co_return body.error();
    co_return Answered{.status = one.head().status, .body = std::string(*body)};
  }

  http::Awaitable<> ask_in_turn(const std::vector<Request>& requests, Answers& answers,
                                std::size_t& next, const std::function<void()>& on_answer) {
    while (next < requests.size()) {
      const std::size_t index = next++;
      std::string head = head_of(requests[index], origin);
      const auto answer = co_await exchange(std::move(head));
      answers[index] = document_of(answer, origin);
      on_answer();
    }
  }

  std::chrono::nanoseconds patience;
  boost::asio::io_context context{1};
  http::Deadlines deadlines{context};
  http::BufferPool buffers;
  boost::asio::ssl::context tls;
  http::Origin origin;
  http::Pool pool;
};

RouterClient::RouterClient(http::Origin router, std::chrono::nanoseconds patience)
    : parts_(std::make_unique<Parts>(std::move(router), patience)) {}

RouterClient::~RouterClient() = default;

base::Result<server::Document> RouterClient::ask(Request request) {
  return ask_all({std::move(request)}, [](std::size_t) {}).front();
}

std::vector<base::Result<server::Document>> RouterClient::ask_all(
    const std::vector<Request>& requests, const std::function<void(std::size_t)>& on_answer) {
  Answers answers(requests.size(), base::Result<server::Document>(server::Document{}));
  std::size_t next = 0, answered = 0, running = std::min(at_a_time, requests.size());
  const std::function<void()> one_more = [&] { on_answer(++answered); };
  std::exception_ptr failed;
  for (std::size_t i = running; i > 0; --i)
    boost::asio::co_spawn(parts_->context, parts_->ask_in_turn(requests, answers, next, one_more),
                          [&](std::exception_ptr error) {
                            --running;
                            if (error) failed = error;
                          });
  while (running > 0) parts_->context.run_one();
  if (failed) std::rethrow_exception(failed);
  return answers;
}

}  // namespace harbor_router
