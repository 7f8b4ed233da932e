#include "harbor_router/bench/prepare.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include "bench/accept.hpp"
#include "harbor_router/base/base64.hpp"
#include "harbor_router/base/clock.hpp"
#include "harbor_router/harbor/token_answer.hpp"
#include "harbor_router/http/exchange.hpp"
#include "harbor_router/http/tls.hpp"
#include "harbor_router/oci/challenge.hpp"
#include "harbor_router/oci/manifest_children.hpp"
#include "harbor_router/oci/query.hpp"

namespace harbor_router::bench {

using base::Errc;
using base::failure;
using http::Awaitable;

namespace {

constexpr std::size_t largest_answer = std::size_t{8} * 1024 * 1024;

struct Answer {
  int status = 0;
  std::string digest, challenge, body;
};

struct Realm {
  http::Origin origin;
  std::string target;
};

base::Result<Realm> parse_realm(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || url->host_address().empty())
    return failure(Errc::unexpected_answer, "the challenge's realm \"" + text + "\" is no URL");
  const bool https = url->scheme_id() == boost::urls::scheme::https;
  Realm realm{.origin = {.scheme = https ? http::Scheme::https : http::Scheme::http,
                         .host = url->host_address(),
                         .port = static_cast<std::uint16_t>(https ? 443 : 80)},
              .target = std::string(url->encoded_path())};
  if (url->port_number() != 0) realm.origin.port = url->port_number();
  if (realm.target.empty()) realm.target = "/";
  if (url->has_query()) realm.target.append("?").append(std::string(url->encoded_query()));
  return realm;
}

// Everything lives on the io_context of prepare(), which is run until it is done.
class Preparation {
 public:
  Preparation(const PrepareSettings& settings, http::asio::io_context& context,
              std::shared_ptr<http::asio::ssl::context> tls)
      : settings_(settings), context_(context), deadlines_(context), tls_(std::move(tls)) {
    deadlines_.start();
  }

  Awaitable<base::Result<std::vector<Subject>>> run() {
    std::vector<Subject> subjects;
    for (const oci::ImageName& image : settings_.images) {
      auto subject = co_await learn(image);
      if (!subject)
        co_return failure(subject.error().code, image.str() + ": " + subject.error().detail);
      subjects.push_back(std::move(*subject));
    }
    deadlines_.stop();
    co_return subjects;
  }

 private:
  Awaitable<base::Result<Subject>> learn(oci::ImageName image) {
    Subject subject{.repository = image.repository.str(), .reference = image.reference().str()};
    if (settings_.learn == Learn::nothing) {
      if (settings_.login) subject.authorization = basic();
      co_return subject;
    }
    std::string reference = subject.reference;
    auto answer = co_await manifest(subject, reference);
    if (!answer) co_return answer.error();
    subject.digest = oci::Digest::parse(answer->digest);
    if (!subject.digest) subject.digest = oci::Digest::of(answer->body);
    if (settings_.learn == Learn::manifests) co_return subject;
    auto children = oci::manifest_children(answer->body);
    if (children && !children->manifests.empty()) {
      const auto& all = children->manifests;
      const auto usual = std::find_if(all.begin(), all.end(), [](const oci::Descriptor& each) {
        return each.platform == "linux/amd64";
      });
      reference = (usual == all.end() ? all.front() : *usual).digest.str();
      answer = co_await manifest(subject, reference);
      if (!answer) co_return answer.error();
      children = oci::manifest_children(answer->body);
    }
    if (!children) co_return children.error();
    for (const oci::Descriptor& blob : children->blobs) subject.blobs.push_back(blob.digest);
    co_return subject;
  }

  // With the authorization the target asks for, which stays with the subject.
  Awaitable<base::Result<Answer>> manifest(Subject& subject, std::string reference) {
    const std::string target = "/v2/" + subject.repository + "/manifests/" + reference;
    auto answer = co_await get(settings_.target, target, subject.authorization);
    if (answer && answer->status == 401 && subject.authorization.empty()) {
      auto authorization = co_await authorize(answer->challenge, subject.repository);
      if (!authorization) co_return authorization.error();
      subject.authorization = std::move(*authorization);
      answer = co_await get(settings_.target, target, subject.authorization);
    }
    if (answer && answer->status != 200)
      co_return failure(Errc::unexpected_answer,
                        fmt::format("the target answers {}", answer->status));
    co_return answer;
  }

  Awaitable<base::Result<std::string>> authorize(std::string challenge, std::string repository) {
    const std::vector<oci::Challenge> challenges = oci::parse_challenges(challenge);
    for (const oci::Challenge& each : challenges) {
      const auto* bearer = std::get_if<oci::BearerChallenge>(&each);
      if (bearer == nullptr) continue;
      auto realm = parse_realm(bearer->realm);
      if (!realm) co_return realm.error();
      const std::string scope =
          bearer->scope.empty() ? "repository:" + repository + ":pull" : bearer->scope;
      realm->target += realm->target.find('?') == std::string::npos ? '?' : '&';
      realm->target += "scope=" + oci::percent_encoded(scope);
      if (!bearer->service.empty())
        realm->target += "&service=" + oci::percent_encoded(bearer->service);
      const std::string account = settings_.login ? basic() : std::string();
      auto answer = co_await get(realm->origin, realm->target, account);
      if (!answer) co_return answer.error();
      if (answer->status != 200)
        co_return failure(Errc::refused_account,
                          fmt::format("the token endpoint answers {}", answer->status));
      auto token = harbor::parse_token_answer(answer->body);
      if (!token) co_return token.error();
      co_return "Bearer " + token->token;
    }
    if (!settings_.login)
      co_return failure(Errc::refused_account, "the target asks for a user name and password");
    co_return basic();
  }

  Awaitable<base::Result<Answer>> get(http::Origin origin, std::string target,
                                      std::string authorization) {
    http::Pool pool(context_, deadlines_, origin, {}, tls_.get());
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

  [[nodiscard]] std::string basic() const {
    return "Basic " + base::base64_encode(settings_.login->name + ":" + settings_.login->password);
  }

  const PrepareSettings& settings_;
  http::asio::io_context& context_;
  http::Deadlines deadlines_;
  http::BufferPool buffers_;
  std::shared_ptr<http::asio::ssl::context> tls_;
};

base::Result<std::vector<http::Endpoint>> addresses_of(const http::Origin& origin,
                                                       http::asio::io_context& context) {
  http::asio::ip::tcp::resolver resolver(context);
  http::error_code error;
  const auto results = resolver.resolve(origin.host, std::to_string(origin.port), error);
  if (error) return failure(Errc::resolve_failed, origin.host + ": " + error.message());
  std::vector<http::Endpoint> endpoints;
  for (const auto& each : results) endpoints.push_back(each.endpoint());
  return endpoints;
}

}  // namespace

base::Result<Prepared> prepare(const PrepareSettings& settings) {
  http::asio::io_context context(1);
  Prepared prepared;
  // Also where the target is plain: its challenge may point to https.
  auto tls = std::make_shared<http::asio::ssl::context>(http::client_tls());
  if (settings.target.scheme == http::Scheme::https) prepared.tls = tls;
  auto endpoints = addresses_of(settings.target, context);
  if (!endpoints) return endpoints.error();

  base::Result<std::vector<Subject>> subjects = std::vector<Subject>{};
  std::exception_ptr bug;
  {
    Preparation preparation(settings, context, tls);
    http::asio::co_spawn(context, preparation.run(),
                         [&](std::exception_ptr error, base::Result<std::vector<Subject>> found) {
                           bug = error;
                           subjects = std::move(found);
                           context.stop();
                         });
    context.run();
  }
  if (bug) std::rethrow_exception(bug);
  if (!subjects) return subjects.error();
  prepared.subjects = std::move(*subjects);
  prepared.endpoints = std::move(*endpoints);
  // Addresses that refuse are left out, so that no part of the load goes to them.
  if (prepared.endpoints.size() > 1) {
    std::erase_if(prepared.endpoints, [&](const http::Endpoint& each) {
      http::asio::ip::tcp::socket probe(context);
      http::error_code error;
      probe.connect(each, error);
      return static_cast<bool>(error);
    });
    if (prepared.endpoints.empty())
      return failure(Errc::connect_failed, settings.target.host + ": no address accepts");
  }
  return prepared;
}

}  // namespace harbor_router::bench
