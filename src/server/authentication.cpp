#include "server/authentication.hpp"

#include <algorithm>

#include "server/ask_harbor.hpp"
#include "server/challenge.hpp"
#include "server/client_check.hpp"
#include "server/scope_rules.hpp"
#include "server/verdict_reply.hpp"

namespace harbor_router::server {

namespace {

using base::Errc;

// A token that opens too little is got anew no sooner, however short an absence is remembered: it
// costs Harbor two logins, and whoever has just been given rights can wait this long.
constexpr std::chrono::seconds least_age_to_renew{5};

harbor::CredentialsPointer with_token(Worker& worker, std::string_view authorization) {
  return worker.recent_tokens.credentials_of(authorization, worker.shared.keyed_hash);
}

std::string basic_of(const Request& request) {
  return std::string(request.head().fields.get("Authorization"));
}

// Harbor answers a wrong password with scopes by an anonymous token, so the password is checked
// first; an anonymous token all the same means that it has ceased to be right meanwhile.
http::Awaitable<base::Result<harbor::TokenAnswer>> exchange(Worker& worker, std::string basic,
                                                            std::vector<std::string> scopes) {
  const std::vector<std::string> no_scopes;
  auto accepted = co_await ask_for_token(worker, basic, no_scopes);
  if (!accepted || scopes.empty()) co_return accepted;
  auto token = co_await ask_for_token(worker, std::move(basic), std::move(scopes));
  if (token && harbor::is_anonymous_token(token->token))
    co_return base::failure(Errc::refused_account, "Harbor gave an anonymous token");
  co_return token;
}

// Under which a token got with a password for these scopes is kept.
std::string token_key(const Shared& shared, std::string secret,
                      const std::vector<std::string>& scopes) {
  for (const std::string& scope : scopes) secret.append("\n").append(scope);
  return shared.keyed_hash.of(secret);
}

http::Awaitable<base::Result<std::string>> token_for_password(Worker& worker, std::string basic,
                                                              std::vector<std::string> scopes) {
  std::string key = token_key(worker.shared, basic, scopes);
  harbor::TokenStore::Fetch fetch = [&worker, basic, scopes] {
    return exchange(worker, basic, scopes);
  };
  co_return co_await worker.shared.person_tokens.get(std::move(key), std::move(fetch));
}

bool names_project(const std::vector<std::string>& scopes, const harbor::Project& project) {
  const std::string start = "repository:" + project.name + "/";
  return std::any_of(scopes.begin(), scopes.end(),
                     [&start](const std::string& scope) { return scope.starts_with(start); });
}

// Of any name in those projects: Harbor's rights are by project, so one token serves all of them.
// Where not all of them fit in, it is another one with the project a mapping names for this name.
std::vector<std::string> project_scopes(Shared& shared, const routing::Subject& subject,
                                        const harbor::ProjectList& projects) {
  ScopeRules rules = scope_rules(shared, projects);
  const harbor::ProjectPointer known = rules.known(subject);
  const routing::Subject any{.hint = subject.hint, .repository = "any/name"};
  rules.known = nullptr;
  auto scopes = candidate_scopes(any, rules);
  if (!known || names_project(scopes, *known)) return scopes;
  rules.known = [&known](const routing::Subject&) { return known; };
  return candidate_scopes(any, rules);
}

routing::Subject subject_of(const oci::PullPath& path, const harbor::ProjectList& projects) {
  const std::string_view hint = path.hint ? std::string_view(*path.hint) : std::string_view();
  return routing::subject_of(path.repository.str(), hint, projects);
}

// Whether Harbor takes this token at /v2/, which anonymous ones do not open. If not, it is given
// nothing that was kept either.
http::Awaitable<base::Result<bool>> is_taken(Worker& worker, std::string authorization) {
  const std::uint64_t identity = worker.shared.keyed_hash.identity_of(authorization);
  std::string version_path = "/v2/";
  auto answer = co_await ask_harbor(worker, std::move(version_path), std::move(authorization));
  if (!answer) co_return answer.error();
  if (answer->status != 200 && answer->status != 401)
    co_return harbor::failure_of(*answer, "Harbor's /v2/");
  const bool taken = answer->status == 200;
  if (!taken && worker.shared.manifests) worker.shared.manifests->drop_grants(identity);
  co_return taken;
}

// The token got with the password of this request, a view of its credentials.
struct KeptToken {
  std::string key;
  std::string_view token;
};
std::optional<KeptToken> kept_token(const Request& request, const oci::PullPath& path,
                                    const harbor::Credentials& credentials) {
  Shared& shared = request.worker.shared;
  const auto projects = shared.core.projects.get();
  const std::string password = basic_of(request);
  if (!projects || !is_scheme(password, "Basic")) return std::nullopt;
  const auto scopes = project_scopes(shared, subject_of(path, *projects), *projects);
  return KeptToken{token_key(shared, password, scopes),
                   std::string_view(credentials.authorization).substr(7)};
}

}  // namespace

http::Awaitable<base::Result<harbor::CredentialsPointer>> credentials_for_password(
    Worker& worker, std::string basic, routing::Subject subject,
    std::shared_ptr<const harbor::ProjectList> projects) {
  auto scopes = project_scopes(worker.shared, subject, *projects);
  auto token = co_await token_for_password(worker, std::move(basic), std::move(scopes));
  if (!token) co_return token.error();
  co_return with_token(worker, "Bearer " + *token);
}

bool is_scheme(std::string_view authorization, std::string_view scheme) {
  return authorization.size() > scheme.size() && authorization[scheme.size()] == ' ' &&
         http::equal_ignoring_case(authorization.substr(0, scheme.size()), scheme);
}

std::optional<Authenticated> authenticated_at_once(Request& request, const oci::PullPath& path) {
  Shared& shared = request.worker.shared;
  if (shared.settings.auth_mode == AuthMode::service) {
    if (shared.passwords) return std::nullopt;
    return Authenticated(shared.service_credentials);
  }
  const std::string_view authorization = request.head().fields.get("Authorization");
  if (is_scheme(authorization, "Bearer"))
    return Authenticated(with_token(request.worker, authorization));
  if (is_scheme(authorization, "Basic")) return std::nullopt;
  return Authenticated(challenge_reply(request, &path, "authentication required"));
}

http::Awaitable<Authenticated> authenticate(Request& request, const oci::PullPath& path) {
  Worker& worker = request.worker;
  Shared& shared = worker.shared;
  if (auto known = authenticated_at_once(request, path)) co_return std::move(*known);
  if (shared.settings.auth_mode == AuthMode::service) {
    auto refusal = co_await refusal_of_client(request, &path);
    if (refusal) co_return Authenticated(*std::move(refusal));
    co_return Authenticated(shared.service_credentials);
  }
  const auto projects = shared.core.projects.get();
  if (!projects) co_return Authenticated(no_projects_reply());
  routing::Subject subject = subject_of(path, *projects);
  auto person =
      co_await credentials_for_password(worker, basic_of(request), std::move(subject), projects);
  if (person) co_return Authenticated(*person);
  if (person.error().code == Errc::refused_account)
    co_return Authenticated(challenge_reply(request, &path, "wrong user name or password"));
  co_return Authenticated(harbor_unreachable(person.error()));
}

http::Awaitable<std::optional<Authenticated>> authenticated_anew(
    Request& request, const oci::PullPath& path, harbor::CredentialsPointer refused) {
  const auto taken = co_await is_taken(request.worker, refused->authorization);
  if (!taken) co_return Authenticated(harbor_unreachable(taken.error()));
  harbor::TokenStore& kept = request.worker.shared.person_tokens;
  const auto own = kept_token(request, path, *refused);
  if (*taken) {
    // Rights given since are not in it.
    const base::Duration age = std::max<base::Duration>(
        request.worker.shared.settings.cache.negative_ttl, least_age_to_renew);
    if (!own || !kept.outdated(own->key, own->token, age)) co_return std::nullopt;
  } else if (own) {
    kept.refused(own->key, own->token);
  } else {
    co_return Authenticated(challenge_reply(request, &path, "Harbor does not take this token"));
  }
  auto again = co_await authenticate(request, path);
  co_return std::move(again);
}

http::Awaitable<Reply> api_version_reply(Request& request) {
  Worker& worker = request.worker;
  Shared& shared = worker.shared;
  const std::string authorization = basic_of(request);
  if (shared.settings.auth_mode == AuthMode::service) {
    if (!shared.passwords) co_return json_reply(200, "{}");
    auto refusal = co_await refusal_of_client(request, nullptr);
    if (refusal) co_return *std::move(refusal);
    co_return json_reply(200, "{}");
  }
  if (is_scheme(authorization, "Basic")) {
    const std::vector<std::string> no_scopes;
    auto token = co_await token_for_password(worker, authorization, no_scopes);
    if (token) co_return json_reply(200, "{}");
    if (token.error().code != Errc::refused_account) co_return harbor_unreachable(token.error());
    co_return challenge_reply(request, nullptr, "wrong user name or password");
  }
  if (is_scheme(authorization, "Bearer")) {
    const auto taken = co_await is_taken(worker, authorization);
    if (!taken) co_return harbor_unreachable(taken.error());
    if (*taken) co_return json_reply(200, "{}");
  }
  co_return challenge_reply(request, nullptr, "authentication required");
}

}  // namespace harbor_router::server
