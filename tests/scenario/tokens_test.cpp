// /service/token and passwords sent straight to images, in passthrough mode.
#include "scenario/passthrough.hpp"

namespace harbor_router::scenario {

namespace fault = stub::fault;

TEST_CASE("a scope becomes one for each candidate project, and asks for pull alone") {
  Passthrough world;
  static_cast<void>(world.token({world.alices_password}, "proxy/nginx"));
  const auto seen = world.harbor.requests({.endpoint = Endpoint::token});
  REQUIRE_FALSE(seen.empty());
  const std::string& target = seen.back().target;
  for (const char* scope :
       {"repository%3Ahub%2Flibrary%2Fnginx%3Apull", "repository%3Aquay%2Fnginx%3Apull",
        "repository%3Asecret%2Fnginx%3Apull"})
    CHECK_MESSAGE(target.find(scope) != std::string::npos, target);
  CHECK(target.find("service=harbor-registry") != std::string::npos);
  CHECK(target.find("proxy%2F") == std::string::npos);
  CHECK(seen.back().authorization == world.alices_password.value);

  CHECK(get(*world.router, "/service/token?service=x&scope=repository:proxy/nginx:pull,push")
            .status == 200);
  CHECK(world.last_token_question().find("push") == std::string::npos);

  const Reply other = get(
      *world.router, "/service/token?service=x&account=me&scope=repository:library/own:pull,push",
      {world.alices_password});
  CHECK(other.status == 200);
  const std::string passed = world.harbor.requests({.endpoint = Endpoint::token}).back().target;
  CHECK(passed.find("repository%3Alibrary%2Fown%3Apull%2Cpush") != std::string::npos);
  CHECK(passed.find("account=me") != std::string::npos);
}

TEST_CASE("a token by an OAuth2 form, as containerd asks first") {
  Passthrough world;
  world.has("secret", "team/app", "1", small_image("app"));
  Client client(world.router->port());
  const Reply reply =
      client.ask("POST", "/service/token", {{"Content-Type", "application/x-www-form-urlencoded"}},
                 "grant_type=password&service=harbor-router&client_id=containerd-client&scope="
                 "repository%3Aproxy%2Fteam%2Fapp%3Apull&username=alice&password=Alice-1");
  CHECK(reply.status == 200);
  const auto body = nlohmann::json::parse(reply.body);
  CHECK(get(*world.router, app,
            {accepts_manifests(), bearer(body["access_token"].get<std::string>())})
            .status == 200);
  CHECK(
      client.ask("POST", "/service/token", {}, "grant_type=password&username=alice&password=wrong")
          .status == 401);
  CHECK(
      client.ask("POST", "/service/token", {}, "grant_type=refresh_token&refresh_token=x").status ==
      400);
}

TEST_CASE("a wrong password is refused, with a scope and without") {
  Passthrough world;
  world.has("quay", "team/app", "1", small_image("app"));
  const Field wrong = basic("alice", "no");
  CHECK(get(*world.router, "/service/token?service=harbor-router", {wrong}).status == 401);
  CHECK(get(*world.router,
            "/service/token?service=harbor-router&scope=repository:proxy/team/app:pull", {wrong})
            .status == 401);
  CHECK(get(*world.router, "/v2/", {wrong}).status == 401);
  world.harbor.clear_requests();
  const Reply direct = get(*world.router, app, {accepts_manifests(), wrong});
  CHECK(direct.status == 401);
  CHECK(challenge_of(direct).starts_with("Bearer "));
  CHECK(world.asked(std::nullopt) == 0);
  CHECK(world.harbor.count({.endpoint = Endpoint::token}) == 1);
  CHECK(get(*world.router, "/v2/", {world.alices_password}).status == 200);
}

TEST_CASE("a token Harbor refuses any more is answered by the challenge") {
  Passthrough world;
  const Image image = small_image("app");
  world.has("secret", "team/app", "1", image);
  const Field token = world.alice();
  CHECK(get(*world.router, app, {accepts_manifests(), token}).status == 200);
  world.harbor.invalidate_tokens();
  // Harbor takes a token it cannot check for nobody's: the public projects say that they have
  // nothing, the private one refuses.
  for (const std::string& path :
       {app, "/v2/proxy/team/app/manifests/" + image.manifest.digest.str(),
        "/v2/proxy/team/app/blobs/" + image.blobs.front().digest.str(),
        std::string("/v2/proxy/team/app/tags/list"), std::string("/v2/")}) {
    CAPTURE(path);
    const Reply reply = get(*world.router, path, {accepts_manifests(), token});
    CHECK(reply.status == 401);
    CHECK(challenge_of(reply).starts_with("Bearer "));
  }
  const Field anew = world.alice();
  CHECK(get(*world.router, app, {accepts_manifests(), anew}).body == image.manifest.bytes);
}

TEST_CASE("the token kept for a password is got anew when Harbor refuses it") {
  Passthrough world;
  const Image image = small_image("app");
  world.has("secret", "team/app", "1", image);
  const auto pull = [&world](const std::string& path) {
    return get(*world.router, path, {accepts_manifests(), world.alices_password}).body;
  };
  CHECK(pull(app) == image.manifest.bytes);
  for (const std::string& blob :
       {image.blobs.front().digest.str(), image.blobs.back().digest.str()}) {
    world.harbor.invalidate_tokens();
    CHECK(digest_of(pull("/v2/proxy/team/app/blobs/" + blob)) == blob);
  }
  world.harbor.invalidate_tokens();
  CHECK(pull(app) == image.manifest.bytes);
  CHECK(world.logins() == 8);  // each time the check, then the token
}

TEST_CASE("rights given since a password was exchanged hold after NEGATIVE_CACHE_TTL") {
  const Image image = small_image("app");
  const auto status_when_public = [&image](const std::string& ttl, unsigned wanted) {
    Passthrough world(Environment{{"NEGATIVE_CACHE_TTL", ttl}});
    world.has("secret", "team/app", "1", image);
    const auto status = [&world] {
      return get(*world.router, app, {accepts_manifests(), world.bobs_password}).status;
    };
    CHECK(status() == 404);
    world.harbor.set_visibility("secret", stub::Visibility::public_project);
    return wanted == 200 ? comes_true([&] { return status() == 200; }) : status() == wanted;
  };
  CHECK(status_when_public("500ms", 200));
  CHECK(status_when_public("300s", 404));
}

TEST_CASE("without NEGATIVE_CACHE_TTL an absence costs no login each time") {
  Passthrough world(Environment{{"NEGATIVE_CACHE_TTL", "0s"}});
  for (int pull = 0; pull < 20; ++pull)
    CHECK(get(*world.router, app, {accepts_manifests(), world.bobs_password}).status == 404);
  CHECK(world.logins() < 20);  // two each time is what it would be
}

TEST_CASE("a password sent straight to a manifest is exchanged once and then kept") {
  Passthrough world;
  const Image image = small_image("app");
  world.has("secret", "team/app", "1", image);
  for (int pull = 0; pull < 3; ++pull)
    CHECK(get(*world.router, app, {accepts_manifests(), world.alices_password}).body ==
          image.manifest.bytes);
  CHECK(world.harbor.count({.endpoint = Endpoint::token}) == 2);  // the check, then the token
  for (const auto& each : world.harbor.requests({.endpoint = Endpoint::manifests}))
    CHECK(each.authorization_kind == stub::AuthorizationKind::bearer);
}

TEST_CASE("a password that gives nobody's token is wrong by now") {
  Passthrough world;
  world.has("quay", "team/app", "1", small_image("app"));
  const auto anonymous = world.token_answer({}).dump();
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::token}},
                         {.then = fault::Status{.status = 200, .body = anonymous}});
  CHECK(get(*world.router,
            "/service/token?service=harbor-router&scope=repository:proxy/team/app:pull",
            {world.alices_password})
            .status == 401);
  CHECK(get(*world.router, app, {accepts_manifests(), world.alices_password}).status == 401);
  CHECK(world.asked(std::nullopt) == 0);
}

TEST_CASE("docker login and docker pull, as dockerd asks") {
  Passthrough world;
  const Image image = small_image("app");
  world.has("secret", "team/app", "1", image);
  Client docker(world.router->port());
  CHECK(docker.get("/v2/").status == 401);
  const std::string login =
      "/service/token?account=alice&client_id=docker&offline_token=true&service=harbor-router";
  CHECK(docker.get(login, {basic("alice", "wrong")}).status == 401);
  const Reply logged_in = docker.get(login, {world.alices_password});
  REQUIRE(logged_in.status == 200);
  for (const char* parameter : {"account=alice", "client_id=docker", "offline_token=true"})
    CHECK(world.last_token_question().find(parameter) != std::string::npos);
  const auto token_of = [](const Reply& reply) {
    return bearer(nlohmann::json::parse(reply.body)["token"].get<std::string>());
  };
  CHECK(docker.get("/v2/", {token_of(logged_in)}).status == 200);

  const Field token = token_of(docker.get(
      "/service/token?account=alice&scope=repository%3Aproxy%2Fteam%2Fapp%3Apull&service=harbor-"
      "router",
      {world.alices_password}));
  const Reply head = docker.head(app, {accepts_manifests(), token});
  CHECK(head.status == 200);
  const std::string digest = head.header("Docker-Content-Digest");
  CHECK(digest == image.manifest.digest.str());
  CHECK(digest_of(docker.get("/v2/proxy/team/app/manifests/" + digest, {accepts_manifests(), token})
                      .body) == digest);
  for (const auto& blob : image.blobs)
    CHECK(digest_of(docker.get("/v2/proxy/team/app/blobs/" + blob.digest.str(), {token}).body) ==
          blob.digest.str());
}

TEST_CASE("a token's life is what Harbor says") {
  stub::Options options = people();
  options.token_life = std::chrono::seconds(600);
  Passthrough world({}, std::move(options));
  const auto answer = world.token_answer({world.alices_password});
  CHECK(answer["expires_in"] == 600);
  CHECK(answer["issued_at"].get<std::string>().ends_with("Z"));
}

TEST_CASE("a name without PROXY_PROJECT is the root registry's, in challenge, scope and pull") {
  Passthrough world(Environment{{"ROOT_REGISTRY", "docker.io"}});
  const Image image = small_image("nginx");
  world.has("hub", "library/nginx", "1", image);
  const std::string bare = "/v2/library/nginx/manifests/1";
  CHECK(challenge_of(get(*world.router, bare)).find("repository:library/nginx:pull") !=
        std::string::npos);
  CHECK(challenge_of(get(*world.router, "/proxy/v2/library/nginx/manifests/1"))
            .find("repository:proxy/library/nginx:pull") != std::string::npos);
  const Field token = world.token({}, "library/nginx");
  const std::string question = world.last_token_question();
  CHECK(question.find("scope=repository%3Ahub%2Flibrary%2Fnginx%3Apull") != std::string::npos);
  CHECK(question.find("quay") == std::string::npos);
  CHECK(get(*world.router, bare, {accepts_manifests(), token}).body == image.manifest.bytes);
}

TEST_CASE("where ns= names the registry, the challenge does too, and its token opens the image") {
  const Image image = small_image("app");
  for (const char* path :
       {"/v2/team/app/manifests/1?ns=quay.io", "/v2/proxy/team/app/manifests/1?ns=quay.io",
        "/proxy/v2/team/app/manifests/1?ns=quay.io"}) {
    CAPTURE(path);
    Passthrough world(Environment{{"ROOT_REGISTRY", "docker.io"}});
    world.has("quay", "team/app", "1", image);
    world.has("hub", "team/app", "1", small_image("another"));
    CHECK(challenge_of(get(*world.router, path))
              .ends_with(R"(,scope="repository:proxy/quay.io/team/app:pull")"));
    const Field token = world.token({}, "proxy/quay.io/team/app");
    CHECK(world.last_token_question().find("hub") == std::string::npos);
    CHECK(get(*world.router, path, {accepts_manifests(), token}).body == image.manifest.bytes);
    CHECK(get(*world.router, path, {accepts_manifests(), world.alices_password}).body ==
          image.manifest.bytes);
  }
}

TEST_CASE("a project that is gone is no reason to show Harbor's challenge") {
  Passthrough world;
  world.has("secret", "team/app", "1", small_image("app"));
  const Field alice = world.alice(), anybody = world.anybody();
  CHECK(get(*world.router, app, {accepts_manifests(), alice}).status == 200);
  world.harbor.remove_project("secret");
  CHECK(get(*world.router, app, {accepts_manifests(), alice}).status == 404);
  const Reply reply = get(*world.router, app, {accepts_manifests(), anybody});
  CHECK(reply.status == 401);
  CHECK(challenge_of(reply).starts_with("Bearer realm=\"http://harbor.test/service/token\""));
}

TEST_CASE("with fifty projects the token and its request stay under 8 KiB") {
  stub::Options options = people();
  for (int i = 0; i < 46; ++i)
    options.projects.push_back(project("a-project-with-a-rather-long-name-" + std::to_string(i),
                                       "docker-registry",
                                       "https://r" + std::to_string(i) + ".example.org"));
  World world({{"AUTH_MODE", "passthrough"}}, std::move(options));
  const Reply reply =
      get(*world.router,
          "/service/token?service=harbor-router&scope=repository:proxy/some/team/application:pull");
  CHECK(reply.status == 200);
  CHECK(nlohmann::json::parse(reply.body)["token"].get<std::string>().size() < 8192);
  CHECK(world.harbor.requests({.endpoint = Endpoint::token}).back().target.size() < 8192);
}

}  // namespace harbor_router::scenario
