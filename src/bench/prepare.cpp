#include "harbor_router/bench/prepare.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "bench/inquiry.hpp"
#include "harbor_router/http/tls.hpp"
#include "harbor_router/oci/manifest_children.hpp"

namespace harbor_router::bench {

using base::Errc;
using base::failure;
using http::Awaitable;

namespace {

constexpr std::chrono::seconds rest_after_refusal{1};  // of a token's endpoint
constexpr std::chrono::nanoseconds longest_renewal = std::chrono::seconds(5);  // for each token

// In names that are asked for only to learn how new ones are let in.
constexpr std::string_view probe_name = "-cold-probe-";

struct Learned {
  std::vector<Subject> subjects;
  std::vector<TokenSource> tokens;
};

// Everything lives on the io_context of prepare(), which is run until it is done.
class Preparation {
 public:
  Preparation(const PrepareSettings& settings, http::asio::io_context& context,
              http::asio::ssl::context* tls)
      : settings_(settings), inquiry_(settings, context, tls) {}

  Awaitable<base::Result<Learned>> run() {
    for (const oci::ImageName& image : settings_.images) {
      auto subject = co_await learn(image);
      if (!subject)
        co_return failure(subject.error().code, image.str() + ": " + subject.error().detail);
      learned_.subjects.push_back(std::move(*subject));
    }
    inquiry_.stop();
    co_return std::move(learned_);
  }

 private:
  Awaitable<base::Result<Subject>> learn(oci::ImageName image) {
    Subject subject{.repository = image.repository.str(), .reference = image.reference().str()};
    if (settings_.learn == Learn::nothing) {
      if (settings_.login) subject.authorization = inquiry_.basic();
      co_return co_await let_in(std::move(subject));
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
    if (children->config) subject.blobs.push_back(children->config->digest);
    for (const oci::Descriptor& layer : children->layers) subject.blobs.push_back(layer.digest);
    co_return subject;
  }

  // A token of one name is of use only where the target takes it for others too.
  Awaitable<base::Result<Subject>> let_in(Subject subject) {
    const auto target_of = [&subject](std::string_view which) {
      return fmt::format("/v2/{}{}{}/manifests/{}", subject.repository, probe_name, which,
                         subject.reference);
    };
    std::string first = target_of("1"), second = target_of("2");
    auto answer = co_await inquiry_.get(settings_.target, first, subject.authorization);
    if (!answer) co_return answer.error();
    if (answer->status != 401) co_return subject;
    if (settings_.login) co_return failure(Errc::refused_account, "the target answers 401");
    std::string repository = subject.repository;
    repository.append(probe_name).append("1");
    auto authorization = co_await authorize(answer->challenge, std::move(repository));
    if (!authorization) co_return authorization.error();
    subject.authorization = std::move(*authorization);
    answer = co_await inquiry_.get(settings_.target, second, subject.authorization);
    if (!answer) co_return answer.error();
    if (answer->status == 401)
      co_return failure(Errc::refused_account,
                        "the target gives a token for each name, and --cold asks for new ones; "
                        "name somebody with --user, whose password is good for all");
    co_return subject;
  }

  // With the authorization the target asks for, which stays with the subject.
  Awaitable<base::Result<Answer>> manifest(Subject& subject, std::string reference) {
    const std::string target = "/v2/" + subject.repository + "/manifests/" + reference;
    auto answer = co_await inquiry_.get(settings_.target, target, subject.authorization);
    if (answer && answer->status == 401 && subject.authorization.empty()) {
      auto authorization = co_await authorize(answer->challenge, subject.repository);
      if (!authorization) co_return authorization.error();
      subject.authorization = std::move(*authorization);
      answer = co_await inquiry_.get(settings_.target, target, subject.authorization);
    }
    if (answer && answer->status != 200)
      co_return failure(errc_of(answer->status),
                        fmt::format("the target answers {}", answer->status));
    co_return answer;
  }

  Awaitable<base::Result<std::string>> authorize(std::string challenge, std::string repository) {
    const std::vector<oci::Challenge> challenges = oci::parse_challenges(challenge);
    for (const oci::Challenge& each : challenges) {
      const auto* bearer = std::get_if<oci::BearerChallenge>(&each);
      if (bearer == nullptr) continue;
      auto source = token_source(*bearer, repository);
      if (!source) co_return source.error();
      auto authorization = co_await inquiry_.fetch(*source);
      source->subject = learned_.subjects.size();  // the one that is being learned
      if (authorization) learned_.tokens.push_back(std::move(*source));
      co_return authorization;
    }
    if (!settings_.login)
      co_return failure(Errc::refused_account, "the target asks for a user name and password");
    co_return inquiry_.basic();
  }

  const PrepareSettings& settings_;
  Inquiry inquiry_;
  Learned learned_;
};

// Runs one coroutine and what it starts, on this thread, until its end.
template <class T>
base::Result<T> run_to_end(http::asio::io_context& context, Awaitable<base::Result<T>> work) {
  std::optional<base::Result<T>> result;
  std::exception_ptr bug;
  http::asio::co_spawn(context, std::move(work),
                       [&](std::exception_ptr error, base::Result<T> found) {
                         bug = error;
                         result = std::move(found);
                         context.stop();
                       });
  context.run();
  if (bug) std::rethrow_exception(bug);
  return std::move(*result);
}

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

  Preparation preparation(settings, context, tls.get());
  auto learned = run_to_end(context, preparation.run());
  if (!learned) return learned.error();
  prepared.subjects = std::move(learned->subjects);
  prepared.tokens = std::move(learned->tokens);
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

base::TimePoint renew_at(const Prepared& prepared) noexcept {
  base::TimePoint first = base::TimePoint::max();
  for (const TokenSource& each : prepared.tokens) first = std::min(first, each.renew_at);
  return first;
}

std::size_t renew(const PrepareSettings& settings, Prepared& prepared) {
  const base::TimePoint now = base::Clock::now();
  PrepareSettings asking = settings;
  asking.timeout = std::min(asking.timeout, longest_renewal);
  const bool https = std::any_of(
      prepared.tokens.begin(), prepared.tokens.end(),
      [](const TokenSource& each) { return each.origin.scheme == http::Scheme::https; });
  auto tls = prepared.tls;
  if (https && !tls) tls = std::make_shared<http::asio::ssl::context>(http::client_tls());
  std::size_t renewed = 0;
  for (TokenSource& source : prepared.tokens) {
    if (source.renew_at > now) continue;
    http::asio::io_context context(1);
    Inquiry inquiry(asking, context, tls.get());
    source.renew_at = now + rest_after_refusal;  // unless it goes well
    auto authorization = run_to_end(context, inquiry.fetch(source));
    if (!authorization) break;
    prepared.subjects[source.subject].authorization = std::move(*authorization);
    ++renewed;
  }
  return renewed;
}

}  // namespace harbor_router::bench
