#include "server/token_endpoint.hpp"

#include <set>

#include <nlohmann/json.hpp>

#include "harbor_router/base/base64.hpp"
#include "harbor_router/base/json_text.hpp"
#include "harbor_router/oci/query.hpp"
#include "server/ask_harbor.hpp"
#include "server/authentication.hpp"
#include "server/scope_rules.hpp"
#include "server/verdict_reply.hpp"

namespace harbor_router::server {

namespace {

struct TokenQuestion {
  std::string authorization;  // as the client sent it, or made of the form's name and password
  std::string scopes;         // as the client sent them, separated by spaces
  std::string others;         // other parameters, encoded, each with "&" in front
};

Reply oauth_error(int status, std::string_view code, std::string_view description) {
  nlohmann::json body = {{"error", code}, {"error_description", description}};
  return json_reply(status, base::json_text(body));
}

void add_scopes(TokenQuestion& question, const std::string& scopes) {
  question.scopes += (question.scopes.empty() ? "" : " ") + scopes;
}

void add_other(TokenQuestion& question, const oci::QueryPair& pair) {
  if (pair.name == "service") return;  // whatever it is called here, Harbor's is asked
  question.others += "&" + oci::percent_encoded(pair.name) + "=" + oci::percent_encoded(pair.value);
}

std::optional<TokenQuestion> question_of_query(Request& request) {
  const std::string_view target = request.head().target;
  const std::size_t mark = target.find('?');
  const auto pairs =
      oci::query_pairs(mark == std::string_view::npos ? "" : target.substr(mark + 1));
  if (!pairs) return std::nullopt;
  TokenQuestion question{.authorization = std::string(request.head().fields.get("Authorization"))};
  for (const oci::QueryPair& pair : *pairs) {
    if (pair.name == "scope")
      add_scopes(question, pair.value);
    else
      add_other(question, pair);
  }
  return question;
}

// Harbor is asked by a query, which is written to logs on the way.
bool is_secret(std::string_view field) {
  return field == "refresh_token" || field == "client_secret";
}

// An OAuth2 form (distribution's spec/auth/oauth): password grants become Basic, as Harbor wants
// them.
std::variant<TokenQuestion, Reply> question_of_form(Request& request) {
  const auto pairs = oci::query_pairs(request.state.body);
  const auto invalid = [](std::string_view why) {
    return oauth_error(400, "invalid_request", why);
  };
  if (!pairs) return invalid("the form is not well encoded");
  TokenQuestion question;
  std::string grant, username, password;
  std::set<std::string_view> seen;
  for (const oci::QueryPair& pair : *pairs) {
    if (pair.name == "scope") {  // may stand twice, as in a query
      add_scopes(question, pair.value);
      continue;
    }
    if (!seen.insert(pair.name).second) return invalid("a field stands twice in the form");
    if (pair.name == "grant_type")
      grant = pair.value;
    else if (pair.name == "username")
      username = pair.value;
    else if (pair.name == "password")
      password = pair.value;
    else if (!is_secret(pair.name))
      add_other(question, pair);
  }
  if (grant.empty()) return invalid("grant_type is required");
  if (grant != "password")
    return oauth_error(400, "unsupported_grant_type", "only grant_type=password is served");
  if (username.empty() || password.empty()) return invalid("username and password are required");
  if (username.find(':') != std::string::npos)
    return invalid("a user name with a colon cannot be told to Harbor (RFC 7617 section 2)");
  question.authorization = "Basic " + base::base64_encode(username + ":" + password);
  return question;
}

// Clients read either name of the token, and Harbor leaves access_token empty.
Reply relay(const harbor::ApiAnswer& answer) {
  if (answer.status != 200) return error_told_on(answer);
  auto body = base::read_json<nlohmann::json>(answer.body);
  const auto token = body.is_object() ? body.find("token") : body.end();
  if (!body.is_object() || token == body.end() || !token->is_string())
    return error_reply(502, {oci::ErrorCode::unknown, "Harbor's token answer has no token"});
  body["access_token"] = *token;
  return json_reply(200, base::json_text(body));
}

// A password that was right a moment ago, and now Harbor's answer is nobody's token.
bool is_anonymous(const harbor::ApiAnswer& answer) {
  if (answer.status != 200) return false;
  const auto token = harbor::parse_token_answer(answer.body);
  return token && harbor::is_anonymous_token(token->token);
}

// Harbor would take it for nobody's credentials, and give a token all the same.
bool is_malformed_basic(std::string_view authorization) {
  return !is_scheme(authorization, "Basic") &&
         http::equal_ignoring_case(authorization.substr(0, authorization.find_first_of(" \t")),
                                   "Basic");
}

Reply too_many_scopes(const Request& request) {
  const std::string why = "a token is for " + std::to_string(max_scopes) + " scopes at most";
  if (request.head().method == "POST") return oauth_error(400, "invalid_scope", why);
  return error_reply(400, {oci::ErrorCode::unsupported, why});
}

http::Awaitable<Reply> answer_of_harbor(Request& request) {
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
  if (is_malformed_basic(question.authorization))
    co_return error_reply(401, {oci::ErrorCode::unauthorized, "Basic without credentials"});
  if (are_too_many(question.scopes)) co_return too_many_scopes(request);
  static const harbor::ProjectList none;
  Worker& worker = request.worker;
  const auto projects = worker.shared.core.projects.get();
  const ScopeRules rules = scope_rules(worker.shared, projects ? *projects : none);
  if (!projects && name_an_image(question.scopes, rules)) co_return no_projects_reply();
  const auto scopes = upstream_scopes(question.scopes, rules);
  const std::string endpoint =
      std::string(token_path) + "?service=harbor-registry" + question.others;
  // With a scope Harbor answers a wrong password by an anonymous token; without, by 401.
  const bool has_password = is_scheme(question.authorization, "Basic");
  if (!scopes.empty() && has_password) {
    auto accepted = co_await ask_harbor(worker, endpoint, question.authorization);
    if (!accepted) co_return harbor_unreachable(accepted.error());
    if (accepted->status != 200) co_return relay(*accepted);
  }
  std::string target = endpoint;
  for (const std::string& scope : scopes) target += "&scope=" + oci::percent_encoded(scope);
  auto answer = co_await ask_harbor(worker, std::move(target), question.authorization);
  if (!answer) co_return harbor_unreachable(answer.error());
  if (has_password && is_anonymous(*answer))
    co_return error_reply(401, {oci::ErrorCode::unauthorized, "Harbor refuses these credentials"});
  co_return relay(*answer);
}

}  // namespace

http::Awaitable<Reply> token_reply(Request& request) {
  Reply reply = co_await answer_of_harbor(request);
  if (reply.status == 200) reply.add("Cache-Control", "no-store");  // RFC 6749 section 5.1
  // Here passwords are what opens, whatever /v2/ asks for (RFC 9110 section 15.5.2).
  if (reply.status == 401) reply.add("WWW-Authenticate", R"(Basic realm="harbor-router")");
  co_return reply;
}

}  // namespace harbor_router::server
