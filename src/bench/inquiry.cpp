#include "bench/inquiry.hpp"

#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include "bench/accept.hpp"
#include "harbor_router/base/base64.hpp"
#include "harbor_router/harbor/token_answer.hpp"
#include "harbor_router/oci/query.hpp"

namespace harbor_router::bench {

using base::Errc;
using base::failure;
using http::Awaitable;

namespace {

constexpr std::size_t largest_answer = std::size_t{8} * 1024 * 1024;

base::Result<TokenSource> parse_realm(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || url->host_address().empty())
    return failure(Errc::unexpected_answer, "the challenge's realm \"" + text + "\" is no URL");
  const bool https = url->scheme_id() == boost::urls::scheme::https;
  TokenSource realm{.origin = {.scheme = https ? http::Scheme::https : http::Scheme::http,
                               .host = url->host_address(),
                               .port = static_cast<std::uint16_t>(https ? 443 : 80)},
                    .target = std::string(url->encoded_path())};
  if (url->port_number() != 0) realm.origin.port = url->port_number();
  if (realm.target.empty()) realm.target = "/";
  if (url->has_query()) realm.target.append("?").append(std::string(url->encoded_query()));
  return realm;
}

}  // namespace

Errc errc_of(int status) {
  switch (status) {
    case 401:
    case 403:
    case 412:
      return Errc::refused_account;
    case 404:
      return Errc::not_found;
    default:
      return Errc::unexpected_answer;
  }
}

base::Result<TokenSource> token_source(const oci::BearerChallenge& challenge,
                                       const std::string& repository) {
  auto source = parse_realm(challenge.realm);
  if (!source) return source;
  const std::string scope =
      challenge.scope.empty() ? "repository:" + repository + ":pull" : challenge.scope;
  source->target += source->target.find('?') == std::string::npos ? '?' : '&';
  source->target += "scope=" + oci::percent_encoded(scope);
  if (!challenge.service.empty())
    source->target += "&service=" + oci::percent_encoded(challenge.service);
  return source;
}

Awaitable<base::Result<std::string>> Inquiry::fetch(TokenSource& source) {
  // Named: GCC 12 frees a conditional temporary of a co_await twice.
  const std::string account = settings_.login ? basic() : std::string();
  auto answer = co_await get(source.origin, source.target, account);
  if (!answer) co_return answer.error();
  if (answer->status != 200)
    co_return failure(errc_of(answer->status),
                      fmt::format("the token endpoint answers {}", answer->status));
  const auto token = harbor::parse_token_answer(answer->body);
  if (!token) co_return token.error();
  source.renew_at = harbor::renew_at(*token, base::Clock::now());
  co_return "Bearer " + token->token;
}

Awaitable<base::Result<Answer>> Inquiry::get(http::Origin origin, std::string target,
                                             std::string authorization) {
  http::Pool pool(context_, deadlines_, origin, {}, tls_);
  std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: {}\r\n", target,
                  origin.host_field(), user_agent, accept_manifests());
  if (!authorization.empty()) request += "Authorization: " + authorization + "\r\n";
  request += "\r\n";
  const base::TimePoint deadline = base::Clock::now() + settings_.timeout;
  Answer answer;
  http::Exchange exchange(pool, buffers_);
  auto started = co_await exchange.start(request, http::RequestMethod::get, deadline);
  if (!started) co_return started.error();
  auto body = co_await exchange.read_all(largest_answer, deadline);
  if (!body) co_return body.error();
  answer.status = exchange.head().status;
  answer.digest = exchange.head().fields.get("Docker-Content-Digest");
  answer.challenge = exchange.head().fields.get("WWW-Authenticate");
  answer.body = *body;
  co_return answer;
}

std::string Inquiry::basic() const {
  return "Basic " + base::base64_encode(settings_.login->name + ":" + settings_.login->password);
}

}  // namespace harbor_router::bench
