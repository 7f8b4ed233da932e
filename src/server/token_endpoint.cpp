#include "server/token_endpoint.hpp"

#include <nlohmann/json.hpp>

#include "harbor_router/base/base64.hpp"
#include "harbor_router/oci/query.hpp"
#include "server/authentication.hpp"
#include "server/scope_rules.hpp"

namespace harbor_router::server {

namespace {

struct TokenQuestion {
  std::string authorization;  // as the client sent it, or made of the form's name and password
  std::vector<std::string> scopes;  // for Harbor
  std::string others;               // other parameters, encoded, each with "&" in front
};

Reply oauth_error(int status, std::string_view code, std::string_view description) {
  nlohmann::json body = {{"error", code}, {"error_description", description}};
  return json_reply(status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void add_scopes(TokenQuestion& question, Shared& shared, std::string_view scope) {
  static const harbor::ProjectList none;
  const auto current = shared.core.projects.get();
  const harbor::ProjectList& projects = current ? *current : none;
  auto scopes = upstream_scopes(scope, scope_rules(shared, projects));
  std::move(scopes.begin(), scopes.end(), std::back_inserter(question.scopes));
}

std::optional<TokenQuestion> question_of_query(Request& request) {
  const std::string_view target = request.head().target;
  const std::size_t mark = target.find('?');
  const auto pairs =
      oci::query_pairs(mark == std::string_view::npos ? "" : target.substr(mark + 1));
  if (!pairs) return std::nullopt;
  TokenQuestion question{.authorization = std::string(request.head().fields.get("Authorization"))};
  for (const oci::QueryPair& pair : *pairs) {
    if (pair.name == "service") continue;  // whatever it is called here, Harbor's is asked
    if (pair.name == "scope")
      add_scopes(question, request.worker.shared, pair.value);
    else
      question.others +=
          "&" + oci::percent_encoded(pair.name) + "=" + oci::percent_encoded(pair.value);
  }
  return question;
}

// An OAuth2 form (distribution's spec/auth/oauth): password grants become Basic, as Harbor wants
// them.
std::variant<TokenQuestion, Reply> question_of_form(Request& request) {
  const auto pairs = oci::query_pairs(request.state.body);
  if (!pairs) return oauth_error(400, "invalid_request", "the form is not well encoded");
  TokenQuestion question;
  std::string grant, username, password;
  for (const oci::QueryPair& pair : *pairs) {
    if (pair.name == "grant_type") grant = pair.value;
    if (pair.name == "username") username = pair.value;
    if (pair.name == "password") password = pair.value;
    if (pair.name == "scope") add_scopes(question, request.worker.shared, pair.value);
  }
  if (grant != "password")
    return oauth_error(400, "unsupported_grant_type", "only grant_type=password is served");
  if (username.empty() || password.empty())
    return oauth_error(400, "invalid_request", "username and password are required");
  question.authorization = "Basic " + base::base64_encode(username + ":" + password);
  return question;
}

Reply refused_credentials(int status) {
  return error_reply(status, {status == 401 ? oci::ErrorCode::unauthorized : oci::ErrorCode::denied,
                              "Harbor refuses these credentials"});
}

// Clients read either name of the token, and Harbor leaves access_token empty.
Reply relay(const harbor::ApiAnswer& answer) {
  if (answer.status == 200) {
    auto body = nlohmann::json::parse(answer.body, nullptr, false);
    const auto token = body.is_object() ? body.find("token") : body.end();
    if (body.is_object() && token != body.end() && token->is_string()) {
      body["access_token"] = *token;
      return json_reply(200, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
    return error_reply(502, {oci::ErrorCode::unknown, "Harbor's token answer has no token"});
  }
  if (answer.status == 401 || answer.status == 403) return refused_credentials(answer.status);
  if (answer.status == 429) {
    Reply reply =
        error_reply(429, {oci::ErrorCode::too_many_requests, "Harbor limits its token endpoint"});
    reply.add("Retry-After", std::uint64_t{5});
    return reply;
  }
  const int status = answer.status >= 400 && answer.status < 500 ? answer.status : 502;
  return error_reply(status, {oci::ErrorCode::unknown,
                              "Harbor's token endpoint answered " + std::to_string(answer.status)});
}

// A password that was right a moment ago, and now Harbor's answer is nobody's token.
bool is_anonymous(const harbor::ApiAnswer& answer) {
  if (answer.status != 200) return false;
  const auto token = harbor::parse_token_answer(answer.body);
  return token && harbor::is_anonymous_token(token->token);
}

Reply failed(const base::Failure& failure) {
  return error_reply(failure.code == base::Errc::timeout ? 504 : 502,
                     {oci::ErrorCode::unknown, "Harbor's token endpoint: " + failure.detail});
}

}  // namespace

http::Awaitable<Reply> token_reply(Request& request) {
  TokenQuestion question;
  if (request.head().method == "POST") {
    auto asked = question_of_form(request);
    if (auto* reply = std::get_if<Reply>(&asked)) co_return std::move(*reply);
    question = std::move(std::get<TokenQuestion>(asked));
  } else {
    auto asked = question_of_query(request);
    if (!asked)
      co_return error_reply(400, {oci::ErrorCode::unsupported, "the query is not well encoded"});
    question = std::move(*asked);
  }
  const std::string endpoint =
      std::string(token_path) + "?service=harbor-registry" + question.others;
  // With a scope Harbor answers a wrong password by an anonymous token; without, by 401.
  const bool has_password = is_scheme(question.authorization, "Basic");
  if (!question.scopes.empty() && has_password) {
    auto accepted = co_await request.worker.client.get(endpoint, question.authorization);
    if (!accepted) co_return failed(accepted.error());
    if (accepted->status != 200) co_return relay(*accepted);
  }
  std::string target = endpoint;
  for (const std::string& scope : question.scopes)
    target += "&scope=" + oci::percent_encoded(scope);
  auto answer = co_await request.worker.client.get(std::move(target), question.authorization);
  if (!answer) co_return failed(answer.error());
  if (has_password && is_anonymous(*answer)) co_return refused_credentials(401);
  co_return relay(*answer);
}

}  // namespace harbor_router::server
