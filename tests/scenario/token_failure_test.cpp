// Harbor's trouble with tokens as clients hear of it.
#include "scenario/passthrough.hpp"

namespace harbor_router::scenario {

namespace fault = stub::fault;

namespace {

const std::string login = "/service/token?service=harbor-router";
const std::string asks_for_app = login + "&scope=repository:proxy/team/app:pull";

void token_endpoint_says(StandIn& harbor, fault::Status status,
                         std::optional<std::size_t> times = std::nullopt) {
  harbor.set_fault({.requests = {.endpoint = Endpoint::token}, .count = times},
                   {.then = std::move(status)});
}

std::string code_of(const Reply& reply) {
  return nlohmann::json::parse(reply.body)["errors"][0]["code"].get<std::string>();
}

}  // namespace

TEST_CASE("errors of Harbor's token endpoint are told as they are") {
  Passthrough world(Environment{{"RETRY_MAX_ATTEMPTS", "0"}});
  struct Row {
    fault::Status said;
    std::string code, retry_after;
  };
  const std::string their_words = R"({"errors":[{"code":"PRECONDITION","message":"their words"}]})";
  for (const Row& row :
       std::vector<Row>{{{.status = 500, .body = "oops"}, "UNKNOWN", ""},
                        {{.status = 503, .retry_after = "30", .body = ""}, "UNKNOWN", "30"},
                        {{.status = 504, .body = "<html></html>"}, "UNKNOWN", ""},
                        {{.status = 429, .retry_after = "77", .body = ""}, "TOOMANYREQUESTS", "77"},
                        {{.status = 429, .body = "{}"}, "TOOMANYREQUESTS", "5"},
                        {{.status = 403, .body = "[]"}, "DENIED", ""},
                        {{.status = 412, .body = their_words}, "PRECONDITION", ""}}) {
    CAPTURE(row.said.status);
    token_endpoint_says(world.harbor, row.said);
    for (const std::string& target : {login, asks_for_app}) {
      const Reply reply = get(*world.router, target, {world.alices_password});
      CHECK(reply.status == row.said.status);
      CHECK(code_of(reply) == row.code);
      CHECK(reply.header("Retry-After") == row.retry_after);
    }
  }
}

TEST_CASE("JSON nested without end is no answer, and ends nobody") {
  Passthrough world(Environment{{"RETRY_MAX_ATTEMPTS", "0"}});
  constexpr std::size_t depth = 200'000;
  const std::string deep = std::string(depth, '[') + std::string(depth, ']');
  token_endpoint_says(world.harbor,
                      {.status = 200, .body = R"({"token":"t","more":)" + deep + '}'});
  CHECK(get(*world.router, login, {world.alices_password}).status == 502);
  token_endpoint_says(world.harbor, {.status = 500, .body = R"({"errors":)" + deep + '}'});
  CHECK(get(*world.router, login, {world.alices_password}).status == 500);
}

TEST_CASE("when Harbor cannot say who asks, a client is told when to come back") {
  Passthrough world(Environment{{"RETRY_MAX_ATTEMPTS", "0"}});
  const Field alice = world.alice();
  for (const unsigned status : {429U, 503U}) {
    CAPTURE(status);
    world.harbor.set_fault({}, {.then = fault::Status{.status = status, .retry_after = "17"}});
    for (const auto& [target, account] : std::vector<std::pair<std::string, Field>>{
             {app, world.bobs_password}, {"/v2/", world.bobs_password}, {"/v2/", alice}}) {
      CAPTURE(target);
      const Reply reply = get(*world.router, target, {accepts_manifests(), account});
      CHECK(reply.status == status);
      CHECK(reply.header("Retry-After") == "17");
    }
  }
}

TEST_CASE("service mode: a limit on the router's own tokens is told with its Retry-After") {
  World world(Environment{{"RETRY_MAX_ATTEMPTS", "0"}});
  world.has("quay", "team/app", "1", small_image("app"));
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  token_endpoint_says(world.harbor, {.status = 429, .retry_after = "17"});
  world.fails("quay", {.then = fault::Status{.status = 401}});
  const Reply reply = get(*world.router, app, {accepts_manifests()});
  CHECK(reply.status == 429);
  CHECK(reply.header("Retry-After") == "17");
}

TEST_CASE("a moment's trouble with tokens is not told") {
  Passthrough world;
  const Image image = small_image("app");
  world.has("secret", "team/app", "1", image);
  const Field alice = world.alice();
  const auto once = [&world](Endpoint endpoint, auto trouble) {
    world.harbor.set_fault({.requests = {.endpoint = endpoint}, .count = 1},
                           {.then = std::move(trouble)});
  };
  once(Endpoint::token, fault::Status{.status = 503});
  CHECK(get(*world.router, asks_for_app, {world.alices_password}).status == 200);
  once(Endpoint::token, fault::Close{});
  CHECK(get(*world.router, asks_for_app).status == 200);
  once(Endpoint::token, fault::Status{.status = 500});
  CHECK(get(*world.router, app, {accepts_manifests(), world.alices_password}).body ==
        image.manifest.bytes);
  once(Endpoint::version, fault::Status{.status = 503});
  CHECK(get(*world.router, "/v2/", {alice}).status == 200);
  once(Endpoint::token, fault::Status{.status = 401});
  CHECK(get(*world.router, login, {world.alices_password}).status == 401);
}

TEST_CASE("before the projects are known no token is given for an image") {
  StandIn harbor(people());
  harbor.set_fault({.requests = {.endpoint = Endpoint::projects}},
                   {.then = fault::Status{.status = 500}});
  const Router router({{"HARBOR_URL", harbor.url()}, {"AUTH_MODE", "passthrough"}});
  const std::vector<Field> alice = {basic("alice", "Alice-1")};
  for (const std::vector<Field>& who : {std::vector<Field>(), alice}) {
    const Reply reply = get(router, asks_for_app, who);
    CHECK(reply.status == 503);
    CHECK(reply.header("Retry-After") == "2");
  }
  CHECK(get(router, app, alice).header("Retry-After") == "2");
  CHECK(get(router, login, alice).status == 200);
  CHECK(get(router, login + "&scope=repository:library/own:pull").status == 200);
}

TEST_CASE("for a registry that no project mirrors there is a token, without rights") {
  Passthrough world(Environment{{"ROOT_REGISTRY", "elsewhere.example.org"}});
  const Field anybody = world.token({}, "team/app");
  CHECK(get(*world.router, "/v2/team/app/manifests/1", {anybody}).status == 404);
}

TEST_CASE("a dead token is told as such, though another project fails") {
  Passthrough world(
      Environment{{"RETRY_MAX_ATTEMPTS", "0"}, {"CIRCUIT_BREAKER_THRESHOLD", "1000"}});
  const Image image = small_image("app");
  world.has("secret", "team/app", "1", image);
  const Field alice = world.alice();
  const std::string by_digest = "/v2/proxy/team/app/manifests/" + image.manifest.digest.str();
  const std::string blob = "/v2/proxy/team/app/blobs/" + image.blobs.front().digest.str();
  const auto pull = [&world](const std::string& path, const Field& account) {
    return get(*world.router, path, {accepts_manifests(), account});
  };
  CHECK(pull(app, alice).status == 200);
  for (const unsigned trouble : {500U, 429U, 504U}) {
    CAPTURE(trouble);
    world.fails("hub", {.then = fault::Status{.status = trouble}});
    CHECK(pull(app, world.alices_password).body == image.manifest.bytes);
    world.harbor.invalidate_tokens();
    for (const std::string& path :
         {app, by_digest, blob, std::string("/v2/proxy/team/app/tags/list")}) {
      CAPTURE(path);
      const Reply reply = pull(path, alice);
      CHECK(reply.status == 401);
      CHECK(challenge_of(reply).starts_with("Bearer "));
    }
    CHECK(head(*world.router, app, {accepts_manifests(), alice}).status == 401);
    CHECK(pull(app, world.alices_password).body == image.manifest.bytes);
  }
  // With a token that is good the failure is the truth.
  CHECK(pull(app, world.bob()).status == 504);
}

}  // namespace harbor_router::scenario
