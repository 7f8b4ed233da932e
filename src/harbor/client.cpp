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
using namespace std::string_view_literals;  // appended without looking for their ends

http::RequestMethod request_method(Method method) {
  return method == Method::head ? http::RequestMethod::head : http::RequestMethod::get;
}

void append_field_unless_empty(std::string& head, std::string_view name, std::string_view value) {
  if (!value.empty()) http::append_field(head, name, value);
}

}  // namespace

Client::Client(http::Pool& pool, http::BufferPool& buffers, Account& account, TokenStore& tokens,
               ClientSettings settings)
    : pool_(pool),
      buffers_(buffers),
      account_(account),
      tokens_(tokens),
      settings_(std::move(settings)),
      fixed_fields_("Host: " + pool.origin().host_field() +
                    "\r\nUser-Agent: harbor-router\r\nAccept-Encoding: identity\r\n") {}

void Client::write_request_head(std::string& head, const Errand& errand,
                                const Authorization& authorization) const {
  const Question& question = errand.question;
  head.clear();
  head.append(question.method == Method::head ? "HEAD /v2/"sv : "GET /v2/"sv)
      .append(errand.project.name)
      .append("/"sv)
      .append(errand.repository)
      .append("/"sv);
  if (question.endpoint == oci::Endpoint::tags)
    head.append("tags/list"sv);
  else
    head.append(oci::to_string(question.endpoint)).append("/"sv).append(question.reference);
  head.append(question.query).append(" HTTP/1.1\r\n"sv).append(fixed_fields_);
  for (const std::string& line : question.accept) append_field_unless_empty(head, "Accept", line);
  append_field_unless_empty(head, "Range", question.range);
  append_field_unless_empty(head, "If-None-Match", question.if_none_match);
  append_field_unless_empty(head, "X-Request-Id", question.request_id);
  if (!authorization.rest->empty())
    head.append("Authorization: "sv)
        .append(authorization.scheme)
        .append(*authorization.rest)
        .append("\r\n"sv);
  head.append("\r\n"sv);
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

Client::Attempt Client::take_attempt() {
  if (free_attempts_.empty())
    return {.exchange = std::make_unique<http::Exchange>(pool_, buffers_), .request = {}};
  Attempt attempt = std::move(free_attempts_.back());
  free_attempts_.pop_back();
  return attempt;
}

void Client::give_back(Attempt attempt) {
  constexpr std::size_t kept = 256;
  if (!attempt.exchange || free_attempts_.size() == kept) return;
  attempt.exchange->end();
  free_attempts_.push_back(std::move(attempt));
}

Awaitable<std::shared_ptr<Answer>> Client::ask(Errand errand) {
  const base::TimePoint start = Clock::now();
  const base::TimePoint deadline = errand.deadline;
  const Project& project = errand.project;
  const Question& question = errand.question;
  auto given = std::make_shared<Answer>();
  Answer& answer = *given;
  std::string redirected;  // the repository, where Harbor says that it is another
  Attempt attempt = take_attempt();
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
    http::Exchange& exchange = *attempt.exchange;
    const Withdrawal::UnderWay under_way(question.withdrawal.get(), exchange);
    write_request_head(attempt.request, errand, *authorization);
    auto started =
        co_await exchange.start(attempt.request, request_method(question.method), deadline);
    if (settings_.on_answer)
      settings_.on_answer(project.name, started ? exchange.head().status : 0);
    if (!started) {
      fail(answer, started.error());
      break;
    }
    read_head_into(answer, question, exchange.head(), pool_.origin());
    const bool wants_body = answer.outcome == Outcome::hit && question.method == Method::get;
    if (wants_body && question.endpoint == oci::Endpoint::blobs) {
      answer.stream = std::move(attempt.exchange);
      break;
    }
    const std::size_t limit = !wants_body                                     ? max_dropped_body
                              : question.endpoint == oci::Endpoint::manifests ? max_manifest_bytes
                                                                              : max_page_bytes;
    base::Result<std::string_view> body{std::string_view()};
    if (const auto at_hand = exchange.body_at_hand())
      body = *at_hand;
    else
      body = co_await exchange.read_all(limit, deadline);
    if (!body && wants_body) {
      fail(answer, body.error());
      break;
    }
    if (answer.status == 401 && std::exchange(may_renew, false)) {
      tokens_.refused(project.name, *authorization->rest);
      exchange.end();
      answer = Answer{};  // nothing of it is the next one's
      continue;
    }
    // Harbor's redirect for Docker Hub's single-component names, followed here so that its own path
    // never reaches a client; needed only when the registry's type is not known.
    if (answer.status == 301 && errand.repository.find('/') == std::string_view::npos) {
      redirected = "library/";
      redirected += errand.repository;
      errand.repository = redirected;
      exchange.end();
      answer = Answer{};
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
  give_back(std::move(attempt));
  answer.duration = Clock::now() - start;
  co_return given;
}

Awaitable<base::Result<ApiAnswer>> Client::get(std::string target, std::string authorization,
                                               std::optional<base::TimePoint> until) {
  const base::TimePoint deadline = until.value_or(Clock::now() + settings_.timeout);
  std::string request = "GET " + target + " HTTP/1.1\r\n" + fixed_fields_;
  http::append_field(request, "Accept", "application/json");
  append_field_unless_empty(request, "Authorization", authorization);
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
                   .body = std::string(*body),
                   .retry_after = parse_retry_after(fields.get("Retry-After"))};
  co_return answer;
}

Awaitable<base::Result<TokenAnswer>> Client::own_token(std::vector<std::string> scopes) {
  std::string target = token_target(scopes);
  auto answer = co_await get(std::move(target), account_.authorization());
  if (!answer) co_return answer.error();
  auto token = token_of(*answer);
  if (!token && token.error().code == Errc::refused_account)
    co_return failure(Errc::refused_account, "Harbor refuses the router's account");
  co_return token;
}

base::Failure failure_of(const ApiAnswer& answer, const std::string& what) {
  base::Failure why =
      failure(Errc::unexpected_answer, what + " answered " + std::to_string(answer.status));
  if (answer.status == 429) why.code = Errc::limited;
  if (answer.status == 503) why.code = Errc::unavailable;
  why.retry_after = answer.retry_after;
  return why;
}

std::string token_target(const std::vector<std::string>& scopes) {
  std::string target = "/service/token?service=harbor-registry";
  for (const std::string& scope : scopes) target += "&scope=" + oci::percent_encoded(scope);
  return target;
}

base::Result<TokenAnswer> token_of(const ApiAnswer& answer) {
  if (answer.status == 401 || answer.status == 403)
    return failure(Errc::refused_account, "Harbor refuses the account");
  if (answer.status != 200) return failure_of(answer, "Harbor's token endpoint");
  return parse_token_answer(answer.body);
}

}  // namespace harbor_router::harbor
