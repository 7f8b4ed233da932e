#include "harbor_router/harbor/client.hpp"

#include "harbor/answer_reading.hpp"
#include "harbor_router/oci/query.hpp"

namespace harbor_router::harbor {

using base::Clock;
using base::Errc;
using base::failure;

namespace {

// Small bodies of answers we do not relay are read so that the connection can be used again.
constexpr std::size_t max_dropped_body = 64 * 1024;
constexpr std::string_view bearer = "Bearer ";

http::RequestMethod request_method(Method method) {
  return method == Method::head ? http::RequestMethod::head : http::RequestMethod::get;
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

Client::Client(http::Pool& pool, http::BufferPool& buffers, Account& account, TokenStore& tokens,
               ClientSettings settings)
    : pool_(pool),
      buffers_(buffers),
      account_(account),
      tokens_(tokens),
      settings_(std::move(settings)),
      host_field_(pool.origin().host_field()) {}

void Client::append_request_head(std::string& head, const Errand& errand,
                                 const Authorization& authorization) const {
  const Question& question = errand.question;
  head.reserve(512 + authorization.rest->size());
  head.append(question.method == Method::head ? "HEAD /v2/" : "GET /v2/")
      .append(errand.project.name)
      .append("/")
      .append(errand.repository)
      .append("/");
  if (question.endpoint == oci::Endpoint::tags)
    head.append("tags/list");
  else
    head.append(oci::to_string(question.endpoint)).append("/").append(question.reference);
  head.append(question.query).append(" HTTP/1.1\r\n");
  append_field(head, "Host", host_field_);
  append_field(head, "User-Agent", "harbor-router");
  for (const std::string& line : question.accept) append_field(head, "Accept", line);
  append_field(head, "Accept-Encoding", "identity");
  append_field(head, "Range", question.range);
  append_field(head, "If-None-Match", question.if_none_match);
  append_field(head, "X-Request-Id", question.request_id);
  if (!authorization.rest->empty())
    head.append("Authorization: ")
        .append(authorization.scheme)
        .append(*authorization.rest)
        .append("\r\n");
  head.append("\r\n");
}

std::optional<Client::Authorization> Client::authorization_at_hand(
    const std::string& project, const CredentialsPointer& credentials) {
  if (credentials->kind != Credentials::Kind::service)
    return Authorization{"", {credentials, &credentials->authorization}};
  auto token = tokens_.at_hand(project);
  if (!token) return std::nullopt;
  return Authorization{bearer, std::move(token)};
}

Awaitable<base::Result<Client::Authorization>> Client::own_authorization(std::string project) {
  TokenStore::Fetch fetch = [this, project] {
    return own_token({"repository:" + project + "/any:pull"});
  };
  auto token = co_await tokens_.get(project, fetch);
  if (!token) co_return token.error();
  auto shared = std::make_shared<const std::string>(std::move(*token));
  co_return Authorization{bearer, std::move(shared)};
}

Awaitable<std::shared_ptr<Answer>> Client::ask(Errand errand) {
  const base::TimePoint start = Clock::now();
  const base::TimePoint deadline = errand.deadline;
  const Project& project = errand.project;
  const Question& question = errand.question;
  auto given = std::make_shared<Answer>();
  Answer& answer = *given;
  std::string redirected;  // the repository, where Harbor says that it is another
  auto exchange = std::make_unique<http::Exchange>(pool_, buffers_);
  bool may_renew = question.credentials->kind == Credentials::Kind::service;
  for (;;) {
    auto authorization = authorization_at_hand(project.name, question.credentials);
    if (!authorization) {
      auto fetched = co_await own_authorization(project.name);
      if (!fetched) {
        fail(answer, fetched.error());
        break;
      }
      authorization = std::move(*fetched);
    }
    std::string request;
    append_request_head(request, errand, *authorization);
    auto started = co_await exchange->start(request, request_method(question.method), deadline);
    if (settings_.on_answer)
      settings_.on_answer(project.name, started ? exchange->head().status : 0);
    if (!started) {
      fail(answer, started.error());
      break;
    }
    read_head_into(answer, question, exchange->head());
    const bool wants_body = answer.outcome == Outcome::hit && question.method == Method::get;
    if (wants_body && question.endpoint == oci::Endpoint::blobs) {
      answer.stream = std::move(exchange);
      break;
    }
    const std::size_t limit = !wants_body                                     ? max_dropped_body
                              : question.endpoint == oci::Endpoint::manifests ? max_manifest_bytes
                                                                              : max_page_bytes;
    base::Result<std::string_view> body{std::string_view()};
    if (const auto at_hand = exchange->body_at_hand())
      body = *at_hand;
    else
      body = co_await exchange->read_all(limit, deadline);
    if (!body && wants_body) {
      fail(answer, body.error());
      break;
    }
    if (answer.status == 401 && std::exchange(may_renew, false)) {
      tokens_.refused(project.name, *authorization->rest);
      exchange = std::make_unique<http::Exchange>(pool_, buffers_);
      continue;
    }
    // Harbor's redirect for Docker Hub's single-component names, followed here so that its own path
    // never reaches a client; needed only when the registry's type is not known.
    if (answer.status == 301 && errand.repository.find('/') == std::string_view::npos) {
      redirected = "library/";
      redirected += errand.repository;
      errand.repository = redirected;
      exchange = std::make_unique<http::Exchange>(pool_, buffers_);
      continue;
    }
    // What the policy says helps who is refused by it; of all other errors we say ourselves.
    if (answer.outcome == Outcome::blocked && body && !body->empty())
      answer.body = std::make_shared<const std::string>(*body);
    if (wants_body) {
      answer.body = std::make_shared<const std::string>(*body);
      if (question.endpoint == oci::Endpoint::manifests) check_manifest(answer, question);
    }
    break;
  }
  answer.duration = Clock::now() - start;
  co_return given;
}

Awaitable<base::Result<ApiAnswer>> Client::get(std::string target, std::string authorization) {
  const base::TimePoint deadline = Clock::now() + settings_.timeout;
  std::string request = "GET " + target + " HTTP/1.1\r\n";
  append_field(request, "Host", host_field_);
  append_field(request, "User-Agent", "harbor-router");
  append_field(request, "Accept", "application/json");
  append_field(request, "Accept-Encoding", "identity");
  append_field(request, "Authorization", authorization);
  request.append("\r\n");
  http::Exchange exchange(pool_, buffers_);
  auto started = co_await exchange.start(request, http::RequestMethod::get, deadline);
  if (!started) co_return started.error();
  auto body = co_await exchange.read_all(max_page_bytes, deadline);
  if (!body) co_return body.error();
  const http::Fields& fields = exchange.head().fields;
  ApiAnswer answer{.status = exchange.head().status,
                   .content_type = std::string(fields.get("Content-Type")),
                   .link = std::string(fields.get("Link")),
                   .total_count = std::string(fields.get("X-Total-Count")),
                   .body = std::string(*body)};
  co_return answer;
}

Awaitable<base::Result<TokenAnswer>> Client::own_token(std::vector<std::string> scopes) {
  auto answer = co_await token(account_.authorization(), std::move(scopes));
  if (!answer && answer.error().code == Errc::refused_account)
    co_return failure(Errc::refused_account, "Harbor refuses the router's account");
  co_return answer;
}

Awaitable<base::Result<TokenAnswer>> Client::token(std::string authorization,
                                                   std::vector<std::string> scopes) {
  std::string target = "/service/token?service=harbor-registry";
  for (const std::string& scope : scopes) target += "&scope=" + oci::percent_encoded(scope);
  auto answer = co_await get(target, std::move(authorization));
  if (!answer) co_return answer.error();
  if (answer->status == 401 || answer->status == 403)
    co_return failure(Errc::refused_account, "Harbor refuses the account");
  if (answer->status == 429) co_return failure(Errc::limited, "Harbor limits its token endpoint");
  if (answer->status != 200)
    co_return failure(Errc::unexpected_answer,
                      "Harbor's token endpoint answered " + std::to_string(answer->status));
  co_return parse_token_answer(answer->body);
}

}  // namespace harbor_router::harbor
