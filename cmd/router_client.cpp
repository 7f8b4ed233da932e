#include "cmd/router_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/context.hpp>
#include <fmt/format.h>

#include "harbor_router/http/exchange.hpp"
#include "harbor_router/http/tls.hpp"

namespace harbor_router {

namespace {

constexpr std::chrono::seconds patience{60};  // a cold image may wait for RESOLVER_TIMEOUT
constexpr std::size_t longest_answer = 64 * 1024 * 1024;

struct Answered {
  int status = 0;
  std::string body;
};

std::string words_of(const Answered& answer) {
  const auto json = server::Json::parse(answer.body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string())
    return json["error"].get<std::string>();
  return fmt::format("status {}, and no explanation; is this a router's METRICS_ADDR?",
                     answer.status);
}

}  // namespace

struct RouterClient::Parts {
  explicit Parts(http::Origin router)
      : tls(http::client_tls()),
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

  boost::asio::io_context context{1};
  http::Deadlines deadlines{context};
  http::BufferPool buffers;
  boost::asio::ssl::context tls;
  http::Origin origin;
  http::Pool pool;
};

RouterClient::RouterClient(http::Origin router)
    : parts_(std::make_unique<Parts>(std::move(router))) {}

RouterClient::~RouterClient() = default;

base::Result<server::Document> RouterClient::ask(Request request) {
  const http::Origin& origin = parts_->origin;
  std::string head = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: harbor-router\r\nAccept: application/json\r\n",
      request.method == Request::Method::get ? "GET" : "DELETE", request.target,
      origin.host_field());
  if (!request.admin_token.empty())
    head += fmt::format("Authorization: Bearer {}\r\n", request.admin_token);
  head += "\r\n";
  std::optional<base::Result<Answered>> answer;
  std::exception_ptr failed;
  boost::asio::co_spawn(parts_->context, parts_->exchange(std::move(head)),
                        [&](std::exception_ptr error, base::Result<Answered> result) {
                          failed = error;
                          answer = std::move(result);
                        });
  while (!answer) parts_->context.run_one();
  if (failed) std::rethrow_exception(failed);
  if (!*answer)
    return base::failure(answer->error().code,
                         fmt::format("the router at {}: {}", origin.url(), answer->error().detail));
  if ((*answer)->status == 200) {
    auto json = server::Json::parse((*answer)->body, nullptr, false);
    if (!json.is_discarded()) return server::Document{std::move(json)};
  }
  const int status = (*answer)->status;
  const base::Errc kind = status == 401 || status == 403 ? base::Errc::refused_account
                          : status == 400                ? base::Errc::invalid
                                                         : base::Errc::unexpected_answer;
  return base::failure(kind, fmt::format("the router at {}: {}", origin.url(), words_of(**answer)));
}

}  // namespace harbor_router
