#include "server/authentication.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "harbor_router/base/base64.hpp"
#include "server/challenge.hpp"
#include "server/token_scopes.hpp"

namespace harbor_router::server {

namespace {

using base::Errc;
using harbor::Credentials;

// Whether a registry token was issued to nobody in particular: Harbor's are JWTs whose "sub" is the
// user's name, empty for anonymous. Read only to choose between 401 and 404; Harbor checks the
// token.
bool is_anonymous_token(std::string_view token) {
  const std::size_t begin = token.find('.');
  if (begin == std::string_view::npos) return false;
  std::string payload(token.substr(begin + 1, token.find('.', begin + 1) - begin - 1));
  std::replace(payload.begin(), payload.end(), '-', '+');
  std::replace(payload.begin(), payload.end(), '_', '/');
  payload.resize((payload.size() + 3) / 4 * 4, '=');
  const auto bytes = base::base64_decode(payload);
  if (!bytes) return false;
  const auto claims = nlohmann::json::parse(*bytes, nullptr, false);
  const auto subject = claims.is_object() ? claims.find("sub") : claims.end();
  return claims.is_object() && subject != claims.end() && subject->is_string() &&
         subject->get_ref<const std::string&>().empty();
}

harbor::CredentialsPointer with_token(const Shared& shared, std::string_view authorization) {
  const bool anonymous = is_anonymous_token(authorization.substr(7));
  return std::make_shared<const Credentials>(
      Credentials{.kind = anonymous ? Credentials::Kind::anonymous : Credentials::Kind::person,
                  .authorization = std::string(authorization),
                  .identity = shared.keyed_hash.identity_of(authorization)});
}

Reply harbor_unreachable(const base::Failure& failure) {
  const int status = failure.code == Errc::timeout   ? 504
                     : failure.code == Errc::limited ? 429
                                                     : 502;
  Reply reply = error_reply(
      status, {status == 429 ? oci::ErrorCode::too_many_requests : oci::ErrorCode::unknown,
               "Harbor's token endpoint: " + failure.detail});
  if (status == 429) reply.add("Retry-After", std::uint64_t{5});
  return reply;
}

std::string basic_of(const Request& request) {
  return std::string(request.head().fields.get("Authorization"));
}

// Harbor answers a wrong password with scopes by an anonymous token, so the password is checked
// first.
http::Awaitable<base::Result<harbor::TokenAnswer>> exchange(Worker& worker, std::string basic,
                                                            std::vector<std::string> scopes) {
  const std::vector<std::string> no_scopes;
  auto accepted = co_await worker.client.token(basic, no_scopes);
  if (!accepted || scopes.empty()) co_return accepted;
  co_return co_await worker.client.token(std::move(basic), std::move(scopes));
}

http::Awaitable<base::Result<std::string>> token_for_password(Worker& worker, std::string basic,
                                                              std::vector<std::string> scopes) {
  std::string secret = basic;
  for (const std::string& scope : scopes) secret.append("\n").append(scope);
  std::string key = worker.shared.keyed_hash.of(secret);
  harbor::TokenStore::Fetch fetch = [&worker, basic, scopes] {
    return exchange(worker, basic, scopes);
  };
  co_return co_await worker.shared.person_tokens.get(std::move(key), std::move(fetch));
}

// Of any name in those projects: Harbor's rights are by project, so one token serves all of them.
std::vector<std::string> project_scopes(const Shared& shared, const routing::Subject& subject,
                                        const harbor::ProjectList& projects) {
  const ScopeRules rules{.paths = shared.settings.paths,
                         .projects = projects,
                         .max_fanout = shared.settings.upstream.max_fanout};
  return candidate_scopes({.hint = subject.hint, .repository = "any/name"}, rules);
}

}  // namespace

http::Awaitable<base::Result<harbor::CredentialsPointer>> credentials_for_password(
    Worker& worker, std::string basic, routing::Subject subject,
    std::shared_ptr<const harbor::ProjectList> projects) {
  auto scopes = project_scopes(worker.shared, subject, *projects);
  auto token = co_await token_for_password(worker, std::move(basic), std::move(scopes));
  if (!token) co_return token.error();
  co_return with_token(worker.shared, "Bearer " + *token);
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
  if (is_scheme(authorization, "Bearer")) return Authenticated(with_token(shared, authorization));
  if (is_scheme(authorization, "Basic")) return std::nullopt;
  return Authenticated(challenge_reply(request, &path, "authentication required"));
}

http::Awaitable<Authenticated> authenticate(Request& request, const oci::PullPath& path) {
  Worker& worker = request.worker;
  Shared& shared = worker.shared;
  if (auto known = authenticated_at_once(request, path)) co_return std::move(*known);
  if (shared.settings.auth_mode == AuthMode::service) {
    const bool accepted = co_await shared.passwords->accept(basic_of(request));
    if (accepted) co_return Authenticated(shared.service_credentials);
    co_return Authenticated(challenge_reply(request, &path, "authentication required"));
  }
  const auto projects = shared.core.projects.get();
  if (!projects)
    co_return Authenticated(
        error_reply(503, {oci::ErrorCode::unknown, "no proxy-cache project is known yet"}));
  const std::string_view hint = path.hint ? std::string_view(*path.hint) : std::string_view();
  routing::Subject subject = routing::subject_of(path.repository.str(), hint, *projects);
  auto person =
      co_await credentials_for_password(worker, basic_of(request), std::move(subject), projects);
  if (person) co_return Authenticated(*person);
  if (person.error().code == Errc::refused_account)
    co_return Authenticated(challenge_reply(request, &path, "wrong user name or password"));
  co_return Authenticated(harbor_unreachable(person.error()));
}

http::Awaitable<Reply> api_version_reply(Request& request) {
  Worker& worker = request.worker;
  Shared& shared = worker.shared;
  const std::string authorization = basic_of(request);
  if (shared.settings.auth_mode == AuthMode::service) {
    if (!shared.passwords) co_return json_reply(200, "{}");
    const bool known = co_await shared.passwords->accept(authorization);
    co_return known ? json_reply(200, "{}")
                    : challenge_reply(request, nullptr, "authentication required");
  }
  if (is_scheme(authorization, "Basic")) {
    const std::vector<std::string> no_scopes;
    auto token = co_await token_for_password(worker, authorization, no_scopes);
    if (token) co_return json_reply(200, "{}");
    if (token.error().code != Errc::refused_account) co_return harbor_unreachable(token.error());
    co_return challenge_reply(request, nullptr, "wrong user name or password");
  }
  if (is_scheme(authorization, "Bearer")) {
    auto answer = co_await worker.client.get("/v2/", authorization);
    if (!answer) co_return harbor_unreachable(answer.error());
    if (answer->status == 200) co_return json_reply(200, "{}");
    if (answer->status != 401)
      co_return error_reply(
          502, {oci::ErrorCode::unknown, "Harbor answered " + std::to_string(answer->status)});
  }
  co_return challenge_reply(request, nullptr, "authentication required");
}

}  // namespace harbor_router::server
