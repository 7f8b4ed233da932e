#include "server/challenge.hpp"

#include <doctest/doctest.h>

#include "harbor_router/oci/challenge.hpp"
#include "unit/observe/capture.hpp"
#include "unit/server/replies.hpp"

using namespace harbor_router;
using namespace harbor_router::server;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

// One request as a router with these settings would see it.
class AskedRouter {
 public:
  explicit AskedRouter(Settings settings = {}) : shared_(std::move(settings), log_, metrics_) {}

  [[nodiscard]] std::optional<std::string> origin(const Headers& headers) {
    return public_origin(request(headers));
  }
  [[nodiscard]] Reply challenge(const Headers& headers, const oci::PullPath* path = nullptr) {
    return challenge_reply(request(headers), path, "authentication required");
  }

 private:
  const Request& request(const Headers& headers) {
    headers_ = headers;
    state_.head.fields.clear();
    for (const auto& [name, value] : headers_) state_.head.fields.add(name, value);
    return request_;
  }
  capture::MemoryFile written_;
  observe::Log log_{{.file_descriptor = written_.descriptor()}};
  observe::Registry metrics_;
  Shared shared_;
  Worker worker_{shared_};
  Session session_{http::Socket(worker_.context), worker_.deadlines, Port::pulls, "127.0.0.1"};
  RequestState state_;
  Headers headers_;
  Request request_{worker_, session_, state_, "id", "127.0.0.1"};
};

std::string line_of(const std::string& realm_origin, const std::string& scope = "") {
  std::string line = R"(WWW-Authenticate: Bearer realm=")" + realm_origin +
                     R"(/service/token",service="harbor-router")";
  if (!scope.empty()) line += R"(,scope=")" + scope + '"';
  return line;
}

}  // namespace

TEST_CASE("the realm is where the client found us: Host, or what a proxy in front says") {
  AskedRouter router;
  const auto origin = [&router](const Headers& headers) {
    return router.origin(headers).value_or("none");
  };
  CHECK(origin({{"Host", "router:8080"}}) == "http://router:8080");
  CHECK(origin({{"host", "[::1]:8080"}}) == "http://[::1]:8080");
  for (const char* proto : {"https", "HTTPS", "Https"})
    CHECK(origin({{"Host", "a"}, {"X-Forwarded-Proto", proto}}) == "https://a");
  CHECK(origin({{"Host", "a"}, {"X-Forwarded-Host", "registry.example.com"}}) ==
        "http://registry.example.com");
  CHECK(origin({{"Host", "a"},
                {"X-Forwarded-Host", "outer.example.com, inner.example.com"},
                {"X-Forwarded-Proto", "https, http"}}) == "https://outer.example.com");
  CHECK(origin({{"Host", "a"}, {"X-Forwarded-Proto", "gopher"}}) == "http://a");
}

TEST_CASE("PUBLIC_URL stands above what the request says") {
  Settings settings;
  settings.public_url =
      http::Origin{.scheme = http::Scheme::https, .host = "images.example.com", .port = 8443};
  AskedRouter router(std::move(settings));
  for (const Headers& headers : std::vector<Headers>{
           {}, {{"Host", "a"}}, {{"Host", "a\" b"}}, {{"X-Forwarded-Host", "b"}}}) {
    CHECK(router.origin(headers) == "https://images.example.com:8443");
    CHECK(testing::has_line(router.challenge(headers), line_of("https://images.example.com:8443")));
  }
}

TEST_CASE("a host that is none cannot end the quoted string: 400, and no challenge") {
  AskedRouter router;
  for (const std::string& host :
       {std::string(), std::string("a\",realm=\"http://evil"), std::string("a\\"),
        std::string("a b"), std::string("a/b"), std::string("user@a"), std::string("a\tb"),
        std::string("a%22"), std::string("\xc3\xa4"), std::string(256, 'a')}) {
    for (const std::string& field : {std::string("Host"), std::string("X-Forwarded-Host")}) {
      CAPTURE(host);
      const Headers headers = {{field, host}};
      CHECK_FALSE(router.origin(headers).has_value());
      const Reply reply = router.challenge(headers);
      CHECK(reply.status == 400);
      CHECK_FALSE(testing::has_field(reply, "WWW-Authenticate"));
    }
  }
}

TEST_CASE("the scope is the name the client will ask a token for") {
  AskedRouter router;
  const Headers host = {{"Host", "r"}};
  const Reply ping = router.challenge(host);
  CHECK(ping.status == 401);
  CHECK(ping.body().find("UNAUTHORIZED") != std::string_view::npos);
  CHECK(testing::has_line(ping, line_of("http://r")));
  for (const auto& [target, scope] :
       Headers{{"/v2/proxy/library/nginx/manifests/1", "repository:proxy/library/nginx:pull"},
               {"/proxy/v2/library/nginx/tags/list", "repository:proxy/library/nginx:pull"},
               {"/v2/library/nginx/manifests/1?ns=docker.io", "repository:library/nginx:pull"}}) {
    CAPTURE(target);
    const oci::PullPath path = testing::path_of(target);
    CHECK(testing::has_line(router.challenge(host, &path), line_of("http://r", scope)));
  }
}

TEST_CASE("in service mode the challenge is Basic, whatever the host") {
  Settings settings;
  settings.auth_mode = AuthMode::service;
  AskedRouter router(std::move(settings));
  for (const Headers& headers : std::vector<Headers>{{}, {{"Host", "a\" b"}}}) {
    const Reply reply = router.challenge(headers);
    CHECK(reply.status == 401);
    CHECK(testing::has_line(reply, R"(WWW-Authenticate: Basic realm="harbor-router")"));
  }
}
