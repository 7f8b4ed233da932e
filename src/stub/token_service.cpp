// GET /service/token. Requested actions are ignored: a scope grants whatever the caller has on the
// project its name starts with; a wrong password is no error as long as a scope is given.
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stub/accounts.hpp"
#include "stub/handlers.hpp"

namespace harbor_router::stub {
namespace {

using nlohmann::json;

std::vector<std::string> scopes_of(const Request& request) {
  std::vector<std::string> scopes;
  for (const std::string& value : request.parameters("scope")) {
    std::string_view left = value;
    while (!left.empty()) {
      const auto space = left.find(' ');
      if (space != 0) scopes.emplace_back(left.substr(0, space));
      left = space == left.npos ? "" : left.substr(space + 1);
    }
  }
  return scopes;
}

// One entry of the token's access list, and the grant remembered beside it.
json granted(Harbor& harbor, const Caller& caller, std::string_view scope, IssuedToken& token) {
  const auto first = scope.find(':');
  const auto last = scope.rfind(':');
  const std::string_view type = scope.substr(0, first);
  std::string_view name;
  if (first != scope.npos) {
    name = first == last ? scope.substr(first + 1) : scope.substr(first + 1, last - first - 1);
  }
  json actions = json::array();
  const auto slash = name.find('/');
  if (type == "repository" && slash != name.npos) {
    HeldProject* project = harbor.find_project(name.substr(0, slash));
    if (project != nullptr && may_pull(caller, *project)) {
      token.pullable.insert_or_assign(project->settings.name, project->settings.id);
      actions.push_back("pull");
    }
  }
  return {{"type", type}, {"name", name}, {"actions", actions}};
}

std::string signed_token(Harbor& harbor, const json& claims) {
  const json header{{"typ", "JWT"}, {"alg", "RS256"}, {"kid", "STAN:DIN0:HARB:OR00"}};
  return base64_url(header.dump()) + "." + base64_url(claims.dump()) + "." +
         base64_url(harbor.random_bytes(256));
}

void forget_expired(Harbor& harbor) {
  const auto now = base::Clock::now();
  std::erase_if(harbor.tokens, [now](const auto& entry) { return entry.second.expires <= now; });
}

}  // namespace

Answer token_answer(Harbor& harbor, const Request& request) {
  if (request.method != "GET") return harbor_error(405, "Method Not Allowed");
  const std::string service = request.parameter("service");
  if (service != "harbor-registry") {
    return harbor_error(400, fmt::format("Unable to handle service: {}", service));
  }
  const Caller caller = identify(harbor, request, Door::api);
  const auto scopes = scopes_of(request);
  if (scopes.empty() && !caller.is_authenticated()) return harbor_error(401, "Unauthorized");

  IssuedToken token;
  if (caller.account != nullptr) token.subject = caller.account->name;
  json access = json::array();
  for (const auto& scope : scopes) access.push_back(granted(harbor, caller, scope, token));
  token.expires = base::Clock::now() + harbor.token_life;

  const std::time_t now = std::time(nullptr);
  const auto life = harbor.token_life.count();
  json claims{{"iss", "harbor-token-issuer"},
              {"aud", "harbor-registry"},
              {"exp", now + life},
              {"nbf", now},
              {"iat", now},
              {"jti", base64_url(harbor.random_bytes(12))},
              {"access", access}};
  if (!token.subject.empty()) claims["sub"] = token.subject;  // golang-jwt leaves out an empty one
  const std::string text = signed_token(harbor, claims);
  if (harbor.tokens.size() >= 4096) forget_expired(harbor);
  harbor.tokens.insert_or_assign(text, std::move(token));
  const json body{{"token", text},
                  {"access_token", ""},
                  {"expires_in", life},
                  {"issued_at", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))}};
  return json_answer(200, body.dump());
}

}  // namespace harbor_router::stub
