// AUTH_MODE=passthrough: Harbor decides who may pull; nothing crosses from one person to another.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;
using stub::testing::basic;
using stub::testing::bearer;

namespace {


// hub is public; secret is private, and alice alone is its member. bob is nobody's.
stub::Options people() {
  stub::Options options = three_projects();
  stub::Project secret = project("secret", "docker-registry", "https://registry.example.org");
  secret.visibility = stub::Visibility::private_project;
  options.projects.push_back(std::move(secret));
  options.accounts.push_back({.name = "alice", .password = "Alice-1", .projects = {"secret"}});
  options.accounts.push_back({.name = "bob", .password = "Bob-1"});
  return options;
}

class Passthrough : public World {
 public:
  explicit Passthrough(Environment more = {}) : World(with_mode(std::move(more)), people()) {}

  // A token as a client gets it: from the router, for the name it knows.
  [[nodiscard]] Field token(const std::vector<Field>& account,
                            const std::string& name = "proxy/team/app") {
    const Reply reply =
        get(*router, "/service/token?service=harbor-router&scope=repository:" + name + ":pull",
            account);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    const auto body = nlohmann::json::parse(reply.body);
    CHECK(body["token"] == body["access_token"]);
    CHECK(body["expires_in"].get<int>() > 0);
    return bearer(body["token"].get<std::string>());
  }
  [[nodiscard]] Field alice() { return token({basic("alice", "Alice-1")}); }
  [[nodiscard]] Field bob() { return token({basic("bob", "Bob-1")}); }
  [[nodiscard]] Field anybody() { return token({}); }

 private:
  static Environment with_mode(Environment more) {
    more["AUTH_MODE"] = "passthrough";
    more["LOG_LEVEL"] = "debug";
    return more;
  }
};

std::string challenge_of(const Reply& reply) {
  return reply.header("WWW-Authenticate");
}

}  // namespace

TEST_CASE("without credentials the challenge is the router's own") {
  Passthrough world;
  const std::string realm =
      R"(Bearer realm="http://harbor.test/service/token",service="harbor-router")";
  const Reply ping = get(*world.router, "/v2/");
  CHECK(ping.status == 401);
  CHECK(challenge_of(ping) == realm);
  CHECK(nlohmann::json::parse(ping.body)["errors"][0]["code"] == "UNAUTHORIZED");
  const Reply manifest = get(*world.router, app);
  CHECK(manifest.status == 401);
  CHECK(challenge_of(manifest) == realm + R"(,scope="repository:proxy/team/app:pull")");
  CHECK(world.asked(std::nullopt) == 0);

  const Reply behind =
      get(*world.router, "/v2/",
          {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "registry.example.com"}});
  CHECK(challenge_of(behind).find(R"(realm="https://registry.example.com/service/token")") !=
        std::string::npos);
  const Reply evil = get(*world.router, "/v2/", {{"X-Forwarded-Host", "a\",realm=\"b"}});
  CHECK(evil.status == 400);
  Passthrough named(Environment{{"PUBLIC_URL", "https://images.example.com:8443"}});
  CHECK(challenge_of(get(*named.router, "/v2/"))
            .find(R"(realm="https://images.example.com:8443/service/token")") != std::string::npos);
}

TEST_CASE("an anonymous pull of a public project just works") {
  Passthrough world;
  const Image image = small_image("app");
  world.has("quay", "team/app", "1", image);
  const Field token = world.anybody();
  CHECK(get(*world.router, app, {accepts_manifests(), token}).body == image.manifest.bytes);
  for (const auto& blob : image.blobs)
    CHECK(digest_of(
              get(*world.router, "/v2/proxy/team/app/blobs/" + blob.digest.str(), {token}).body) ==
          blob.digest.str());
}

TEST_CASE("a scope becomes one for each candidate project, and asks for pull alone") {
  Passthrough world;
  static_cast<void>(world.token({basic("alice", "Alice-1")}, "proxy/nginx"));
  const auto seen = world.harbor.requests({.endpoint = Endpoint::token});
  REQUIRE_FALSE(seen.empty());
  const std::string& target = seen.back().target;
  for (const char* scope :
       {"repository%3Ahub%2Flibrary%2Fnginx%3Apull", "repository%3Aquay%2Fnginx%3Apull",
        "repository%3Asecret%2Fnginx%3Apull"})
    CHECK_MESSAGE(target.find(scope) != std::string::npos, target);
  CHECK(target.find("service=harbor-registry") != std::string::npos);
  CHECK(target.find("proxy%2F") == std::string::npos);
  CHECK(seen.back().authorization == basic("alice", "Alice-1").value);

  const Reply other = get(
      *world.router, "/service/token?service=x&account=me&scope=repository:library/own:pull,push",
      {basic("alice", "Alice-1")});
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
  CHECK(get(*world.router, "/v2/", {basic("alice", "Alice-1")}).status == 200);
}

TEST_CASE("what alice may, bob may not: by tag, digest, blob and tags, in both orders") {
  const Image image = small_image("secret app");
  const std::vector<std::string> paths = {
      app, "/v2/proxy/team/app/manifests/" + image.manifest.digest.str(),
      "/v2/proxy/team/app/blobs/" + image.blobs.front().digest.str(),
      "/v2/proxy/team/app/tags/list"};
  for (const bool alice_first : {true, false}) {
    CAPTURE(alice_first);
    Passthrough world;
    world.has("secret", "team/app", "1", image);
    world.harbor.cache({"secret", "team/app", "1"});
    const Field alice = world.alice(), bob = world.bob(), anybody = world.anybody();
    for (const std::string& path : paths) {
      CAPTURE(path);
      const auto alice_may = [&] {
        CHECK(get(*world.router, path, {accepts_manifests(), alice}).status == 200);
      };
      const auto others_may_not = [&] {
        const Reply bobs = get(*world.router, path, {accepts_manifests(), bob});
        CHECK(bobs.status == 404);
        CHECK_FALSE(bobs.has("Set-Cookie"));
        const Reply anybodys = get(*world.router, path, {accepts_manifests(), anybody});
        CHECK(anybodys.status == 401);
        CHECK(challenge_of(anybodys).starts_with("Bearer "));
      };
      if (alice_first) alice_may();
      others_may_not();
      alice_may();
      others_may_not();
    }
  }
}

TEST_CASE("one key at the same moment gives each what Harbor gives him") {
  Passthrough world;
  const Image image = small_image("secret app");
  world.has("secret", "team/app", "1", image);
  const Field alice = world.alice(), bob = world.bob();
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::manifests}}, {.delay = 500ms});
  Client first(world.router->port()), second(world.router->port());
  second.send("GET", app, {accepts_manifests(), bob});
  first.send("GET", app, {accepts_manifests(), alice});
  CHECK(first.receive("GET").body == image.manifest.bytes);
  CHECK(second.receive("GET").status == 404);
}

TEST_CASE("who may not use the known project gets the image from one he may") {
  Passthrough world;
  const Image secret = small_image("secret"), open = small_image("open");
  world.has("secret", "team/app", "1", secret);
  const Field alice = world.alice(), bob = world.bob();
  CHECK(get(*world.router, app, {accepts_manifests(), alice}).body == secret.manifest.bytes);
  world.has("quay", "team/app", "1", open);
  CHECK(get(*world.router, app, {accepts_manifests(), bob}).body == open.manifest.bytes);
  CHECK(get(*world.router, app, {accepts_manifests(), alice}).body == secret.manifest.bytes);
}

TEST_CASE("a token Harbor refuses any more is answered by the challenge") {
  Passthrough world;
  world.has("quay", "team/app", "1", small_image("app"));
  const Field token = world.alice();
  CHECK(get(*world.router, app, {accepts_manifests(), token}).status == 200);
  world.harbor.invalidate_tokens();
  const Reply reply = get(*world.router, app, {accepts_manifests(), token});
  // Harbor takes a token it cannot check for anonymous, so that a public project may still answer.
  if (reply.status != 200) {
    CHECK(reply.status == 401);
    CHECK(challenge_of(reply).starts_with("Bearer "));
  }
  const Reply ping = get(*world.router, "/v2/", {token});
  CHECK(ping.status == 401);
  CHECK(challenge_of(ping).starts_with("Bearer "));
}

TEST_CASE("a password sent straight to a manifest is exchanged once and then kept") {
  Passthrough world;
  const Image image = small_image("app");
  world.has("secret", "team/app", "1", image);
  for (int pull = 0; pull < 3; ++pull)
    CHECK(get(*world.router, app, {accepts_manifests(), basic("alice", "Alice-1")}).body ==
          image.manifest.bytes);
  CHECK(world.harbor.count({.endpoint = Endpoint::token}) == 2);  // the check, then the token
  for (const auto& each : world.harbor.requests({.endpoint = Endpoint::manifests}))
    CHECK(each.authorization_kind == stub::AuthorizationKind::bearer);
}

TEST_CASE("the robot's rights and everybody's secrets stay where they belong") {
  Passthrough world;
  world.has("secret", "team/app", "1", small_image("app"));
  const Field alice = world.alice(), bob = world.bob();
  CHECK(get(*world.router, app, {accepts_manifests(), alice}).status == 200);
  CHECK(get(*world.router, app, {accepts_manifests(), bob}).status == 404);
  CHECK(get(*world.router, app, {accepts_manifests(), basic("alice", "Alice-1")}).status == 200);
  const std::string robot = basic("robot$router", "Robot-1").value;
  for (const auto& each : world.harbor.requests())
    if (each.endpoint == Endpoint::manifests || each.endpoint == Endpoint::blobs) {
      CHECK(each.authorization != robot);
      CHECK((each.authorization == alice.value || each.authorization == bob.value ||
             each.authorization_kind == stub::AuthorizationKind::bearer));
    }
  world.router->terminate();
  CHECK(world.router->wait() == 0);
  CHECK(world.router->wait_for_log("ended"));
  const std::string log = world.router->log();
  for (const std::string& secret :
       {std::string("Alice-1"), std::string("Bob-1"), std::string("Robot-1"), alice.value.substr(7),
        bob.value.substr(7), basic("alice", "Alice-1").value.substr(6)})
    CHECK(log.find(secret) == std::string::npos);
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

TEST_CASE("a Harbor that cannot give tokens is told as such") {
  Passthrough world;
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::token}},
                         {.then = fault::Status{.status = 500}});
  CHECK(get(*world.router, "/service/token?service=harbor-router").status == 502);
  CHECK(get(*world.router, app, {basic("alice", "Alice-1")}).status == 502);
}

TEST_CASE("service mode can ask clients for a password, from a file read again when it changes") {
  // htpasswd -nbBC 5 carol Carol-1, and dave Dave-1
  const std::string carol = "carol:$2y$05$/CxRlhga6CpdP5NUsTqnN.93f7Uc.cD1xM/uSdtz8BeVO9lZIjg..\n";
  const std::string dave = "dave:$2y$05$szWE9jTAJGZUfajnBZXwnuk6Wfk3QkTCOggIwxeSQ20ZVrH968ljq\n";
  const std::string path = "/tmp/harbor-router-clients-" + std::to_string(::getpid());
  const auto write = [&path](const std::string& lines) {
    std::ofstream(path + ".new") << lines;
    std::filesystem::rename(path + ".new", path);
  };
  write(carol);
  World world({{"CLIENT_AUTH_FILE", path}}, people());
  world.has("secret", "team/app", "1", small_image("app"));
  const auto status = [&](const std::vector<Field>& account) {
    std::vector<Field> fields = account;
    fields.push_back(accepts_manifests());
    return get(*world.router, app, fields).status;
  };
  CHECK(get(*world.router, "/v2/").header("WWW-Authenticate") == R"(Basic realm="harbor-router")");
  CHECK(get(*world.router, "/v2/", {basic("carol", "Carol-1")}).status == 200);
  CHECK(status({}) == 401);
  CHECK(status({basic("carol", "wrong")}) == 401);
  CHECK(status({basic("nobody", "Carol-1")}) == 401);
  CHECK(status({bearer("x")}) == 401);
  CHECK(status({basic("carol", "Carol-1")}) == 200);
  for (const auto& each : world.harbor.requests())
    CHECK(each.authorization != basic("carol", "Carol-1").value);
  write(dave);
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  CHECK(status({basic("carol", "Carol-1")}) == 401);
  CHECK(status({basic("dave", "Dave-1")}) == 200);
  std::filesystem::remove(path);
}

}  // namespace harbor_router::scenario
