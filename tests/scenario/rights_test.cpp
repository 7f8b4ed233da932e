// AUTH_MODE=passthrough: Harbor decides who may pull; nothing crosses from one person to another.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <list>

#include "scenario/passthrough.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;

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
        CHECK_FALSE(bobs.has("X-Harbor-Router-Project"));
        const Reply anybodys = get(*world.router, path, {accepts_manifests(), anybody});
        CHECK(anybodys.status == 401);
        CHECK(challenge_of(anybodys).starts_with("Bearer "));
        CHECK_FALSE(anybodys.has("X-Harbor-Router-Project"));
      };
      if (alice_first) alice_may();
      others_may_not();
      alice_may();
      others_may_not();
    }
  }
}

TEST_CASE("referrers that somebody may not see are an empty list") {
  Passthrough world;
  const Image image = small_image("secret app");
  world.has("secret", "team/app", "1", image);
  const std::string path = "/v2/proxy/team/app/referrers/" + image.manifest.digest.str();
  const Reply bobs = get(*world.router, path, {world.bob()});
  CHECK(bobs.status == 200);
  CHECK(bobs.body.ends_with(R"("manifests":[]})"));
  CHECK_FALSE(bobs.has("X-Harbor-Router-Project"));
  CHECK(get(*world.router, path, {world.anybody()}).status == 401);
}

TEST_CASE("where there is no host to put into a challenge, a refusal is 400") {
  Passthrough world;
  world.has("secret", "team/app", "1", small_image("secret app"));
  const Field no_host = {"X-Forwarded-Host", "a\",realm=\"b"};
  const Reply reply = get(*world.router, app, {accepts_manifests(), world.anybody(), no_host});
  CHECK(reply.status == 400);
  CHECK_FALSE(reply.has("WWW-Authenticate"));
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

TEST_CASE("the robot's rights and everybody's secrets stay where they belong") {
  Passthrough world;
  world.has("secret", "team/app", "1", small_image("app"));
  const Field alice = world.alice(), bob = world.bob();
  CHECK(get(*world.router, app, {accepts_manifests(), alice}).status == 200);
  CHECK(get(*world.router, app, {accepts_manifests(), bob}).status == 404);
  CHECK(get(*world.router, app, {accepts_manifests(), world.alices_password}).status == 200);
  CHECK(get(*world.router, "/v2/proxy/team/app/tags/list", {alice}).status == 200);
  CHECK(get(*world.router, "/v2/", {world.bobs_password}).status == 200);
  const std::string robot = basic("robot$router", "Robot-1").value;
  for (const auto& each : world.harbor.requests())
    if (each.target.starts_with("/v2/")) {
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
        bob.value.substr(7), world.alices_password.value.substr(6)})
    CHECK(log.find(secret) == std::string::npos);
}

TEST_CASE("that alice found nothing says nothing to bob") {
  Passthrough world(Environment{{"NEGATIVE_CACHE_TTL", "300s"}});
  const Field alice = world.alice(), bob = world.bob();
  const auto cache = [&world](const Field& token, unsigned status) {
    const Reply reply = get(*world.router, app, {accepts_manifests(), token});
    CHECK(reply.status == status);
    return reply.header("X-Harbor-Router-Cache");
  };
  cache(alice, 404);
  CHECK(cache(alice, 404) == "negative");
  world.has("quay", "team/app", "1", small_image("app"));
  CHECK(cache(alice, 404) == "negative");
  CHECK(cache(bob, 200) == "miss");
}

TEST_CASE("who has no rights neither clears a failing project, nor probes it, nor hears its name") {
  Passthrough world(Environment{{"RETRY_MAX_ATTEMPTS", "0"},
                                {"CIRCUIT_BREAKER_THRESHOLD", "2"},
                                {"CIRCUIT_BREAKER_TIMEOUT", "5s"}});
  world.has("secret", "team/app", "1", small_image("secret"));
  const Field alice = world.alice(), bob = world.bob();
  const auto pull = [&world](const Field& who) {
    return get(*world.router, app, {accepts_manifests(), who});
  };
  const auto alice_meets_a_failure = [&] {
    world.harbor.set_fault({.requests = {.project = "secret"}, .count = 1},
                           {.then = stub::fault::Status{.status = 500}});
    CHECK(pull(alice).status == 502);
  };
  const auto is_open = [&world] {
    return metric(*world.router, "harbor_router_breaker_open{project=\"secret\"}") == 1;
  };
  CHECK(pull(alice).status == 200);
  alice_meets_a_failure();
  CHECK(pull(bob).status == 404);
  alice_meets_a_failure();
  CHECK(comes_true(is_open));
  const Reply left_alone = pull(bob);
  CHECK(left_alone.status == 503);
  CHECK(left_alone.has("Retry-After"));
  CHECK_FALSE(left_alone.has("X-Harbor-Router-Project"));
  CHECK(left_alone.body.find("secret") == std::string::npos);
  CHECK(comes_true([&] { return pull(bob).status == 404; }));  // he was let through to probe
  CHECK(is_open());
  CHECK(pull(alice).status == 200);
  CHECK(comes_true([&] { return !is_open(); }));
}

TEST_CASE("the start says whose rights pulls have, and warns where they are the robot's") {
  const auto said = [](const std::string& mode, const std::string& address) {
    return log_of_vain_start({{"AUTH_MODE", mode}, {"LISTEN_ADDR", address}});
  };
  // Addresses that this machine has not: it is all said before the start fails.
  const std::string passthrough = said("passthrough", "192.0.2.1:0");
  CHECK(passthrough.find("AUTH_MODE=passthrough") != std::string::npos);
  CHECK(passthrough.find("every client that reaches") == std::string::npos);
  const std::string service = said("service", "192.0.2.1:0");
  CHECK(service.find("AUTH_MODE=service") != std::string::npos);
  CHECK(service.find("every client that reaches this address gets the robot's rights") !=
        std::string::npos);
  for (const char* local :
       {"127.0.0.1:0", "127.1.2.3:0", "[::1]:0", "[0:0:0:0:0:0:0:1]:0", "[::ffff:127.0.0.1]:0"}) {
    CAPTURE(local);
    // The other port's address is what ends the start.
    const std::string log = log_of_vain_start(
        {{"AUTH_MODE", "service"}, {"LISTEN_ADDR", local}, {"METRICS_ADDR", "192.0.2.1:0"}});
    CHECK(log.find("AUTH_MODE=service") != std::string::npos);
    CHECK(log.find("every client that reaches") == std::string::npos);
  }
}

TEST_CASE("passwords for clients that Harbor is asked about are said to have no effect") {
  const std::string path = "/tmp/harbor-router-vain-clients-" + std::to_string(::getpid());
  std::ofstream(path) << "carol:$2y$05$/CxRlhga6CpdP5NUsTqnN.93f7Uc.cD1xM/uSdtz8BeVO9lZIjg..\n";
  const std::string words = "CLIENT_AUTH_FILE has no effect";
  for (const auto& [mode, in_vain] : {std::pair("passthrough", true), std::pair("service", false)})
    CHECK((log_of_vain_start(
               {{"AUTH_MODE", mode}, {"CLIENT_AUTH_FILE", path}, {"LISTEN_ADDR", "192.0.2.1:0"}})
               .find(words) != std::string::npos) == in_vain);
  std::filesystem::remove(path);
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

TEST_CASE("when too many passwords are being checked the next is told when to come back") {
  const std::string path = "/tmp/harbor-router-costly-clients-" + std::to_string(::getpid());
  std::ofstream(path) << "carol:$2y$14$/CxRlhga6CpdP5NUsTqnN.93f7Uc.cD1xM/uSdtz8BeVO9lZIjg..\n";
  World world({{"CLIENT_AUTH_FILE", path}}, people());
  std::list<Client> clients;
  for (int i = 0; i < 40; ++i)
    clients.emplace_back(world.router->port())
        .send("GET", "/v2/", {basic("carol", std::to_string(i))});
  const auto told = [&clients] {
    const auto answered = std::find_if(clients.begin(), clients.end(),
                                       [](const Client& each) { return each.has_answer(); });
    if (answered == clients.end()) return false;
    const Reply reply = answered->receive("GET");
    clients.erase(answered);
    return reply.status == 503 && reply.header("Retry-After") == "2";
  };
  CHECK(comes_true(told));
  std::filesystem::remove(path);
}

}  // namespace harbor_router::scenario
