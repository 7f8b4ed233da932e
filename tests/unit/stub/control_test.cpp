#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "harbor_router/stub/config.hpp"
#include "harbor_router/stub/demo.hpp"
#include "unit/stub/client.hpp"

namespace harbor_router::stub::testing {
namespace {

using nlohmann::json;

Options controlled() {
  Options options = one_project();
  options.http_control = HttpControl::on;
  return options;
}

TEST_CASE("without the option there is no control over HTTP") {
  const StandIn harbor(one_project());
  Client client(harbor);
  CHECK(client.get("/_stand-in/requests").header("Content-Type") == "text/html");
}

TEST_CASE("a stand-in is driven over HTTP, and its control is not in the log") {
  const StandIn harbor(controlled());
  Client client(harbor);
  const Field token = token_for(harbor, {"p"});
  const auto post = [&](std::string_view what, const json& body) {
    return client.ask("POST", "/_stand-in/" + std::string(what), {}, body.dump());
  };
  const auto status = [&](std::string_view target) { return client.get(target, {token}).status; };

  const Reply tagged = post("tags", {{"project", "p"}, {"repository", "new/one"}, {"tag", "2"}});
  CHECK(tagged.status == 200);
  CHECK(client.head("/v2/p/new/one/manifests/2", {token}).header("Docker-Content-Digest") ==
        json::parse(tagged.body)["digest"]);
  CHECK(post("faults", {{"project", "p"}, {"kind", "status"}, {"status", 503}}).status == 200);
  CHECK(status(app_manifest) == 503);
  CHECK(client.ask("DELETE", "/_stand-in/faults", {}).status == 200);
  CHECK(status(app_manifest) == 200);
  CHECK(post("cache", {{"project", "p"}, {"repository", "team/app"}, {"tag", "1"}}).status == 200);
  CHECK(client.get(app_manifest, {token}).has("Docker-Distribution-Api-Version"));
  CHECK(post("policy", {{"project", "p"}, {"repository", "team/app"}, {"tag", "1"}}).status == 200);
  CHECK(status(app_manifest) == 412);
  CHECK(post("settings", {{"project", "p"}, {"upstream", "failing"}}).status == 200);
  CHECK(status("/v2/p/new/one/manifests/2") == 404);
  CHECK(post("projects", {{"name", "q"}}).status == 200);
  CHECK(client.get("/api/v2.0/projects/q").status == 200);
  CHECK(client.ask("DELETE", "/_stand-in/projects?name=q", {}).status == 200);
  CHECK(client.ask("DELETE", "/_stand-in/tags?project=p&repository=team/app&tag=1", {}).status ==
        200);
  CHECK(client.ask("DELETE", "/_stand-in/tokens", {}).status == 200);

  const auto log = json::parse(client.get("/_stand-in/requests?project=p&method=HEAD").body);
  REQUIRE(log.size() == 1);
  CHECK(log[0]["reference"] == "2");
  CHECK(log[0]["authorization_kind"] == "bearer");
  const auto state = json::parse(client.get("/_stand-in/state?project=p").body);
  CHECK(state["open_connections"] == 1);
  CHECK(state["requests_in_progress"] == 0);
  CHECK(state["cache_jobs"]["manifests"] == 1);
  CHECK(client.ask("DELETE", "/_stand-in/requests", {}).status == 200);
  CHECK(harbor.count() == 0);
}

TEST_CASE("mistakes in control requests are told") {
  const StandIn harbor(controlled());
  Client client(harbor);
  CHECK(client.ask("POST", "/_stand-in/faults", {}, "{\"kind\":\"earthquake\"}").status == 400);
  CHECK(client.ask("POST", "/_stand-in/faults", {}, "not JSON").status == 400);
  CHECK(client.ask("POST", "/_stand-in/cache", {}, "{\"project\":\"gone\"}").status == 400);
  CHECK(client.get("/_stand-in/nothing").status == 404);
}

TEST_CASE("options come from JSON; what is misspelt is refused") {
  const Options options = options_from_json(R"({
    "token_life": 60, "caching": "on_get",
    "accounts": [{"name": "robot$r", "password": "s", "kind": "robot", "projects": ["*"]}],
    "projects": [{"name": "hub", "public": false, "backend": 5000,
                  "registry": {"type": "docker-hub", "url": "https://hub.docker.com"},
                  "images": [{"repository": "library/x", "tag": "1", "format": "docker"}]}]})");
  CHECK(options.token_life == std::chrono::seconds(60));
  CHECK(options.caching == Caching::on_get);
  CHECK(options.accounts.at(0).kind == AccountKind::robot);
  const Project& hub = options.projects.at(0);
  CHECK(hub.visibility == Visibility::private_project);
  CHECK(hub.backend_port == 5000);
  CHECK(hub.registry->type == "docker-hub");
  CHECK(hub.images.at(0).repository == "library/x");
  CHECK_THROWS_AS(options_from_json(R"({"projekts": []})"), std::invalid_argument);
  CHECK_THROWS_AS(options_from_json(R"({"token_life": "long"})"), std::invalid_argument);
  CHECK_THROWS_AS(options_from_json(R"({"caching": "never"})"), std::invalid_argument);
  CHECK_THROWS_AS(options_from_json("nonsense"), std::invalid_argument);
}

TEST_CASE("the demo: its robot sees three registries; shared/app differs between two of them") {
  Demo content = demo();
  const StandIn harbor(std::move(content.options));
  Client client(harbor);
  const Field robot = basic(content.robot_name, content.robot_password);
  CHECK(json::parse(client.get("/api/v2.0/registries", {robot}).body).size() == 3);
  const Field token = token_for(harbor, {"dockerhub-proxy", "ghcr-proxy", "quay-proxy"}, robot);
  CHECK(client.get("/v2/dockerhub-proxy/library/hello/manifests/latest", {token}).status == 200);
  CHECK(client.get("/v2/ghcr-proxy/demo/multi/manifests/latest", {token}).status == 200);
  const auto digest = [&](std::string_view project) {
    return client.head("/v2/" + std::string(project) + "/shared/app/manifests/1.0", {token})
        .header("Docker-Content-Digest");
  };
  CHECK(digest("ghcr-proxy").starts_with("sha256:"));
  CHECK(digest("ghcr-proxy") != digest("quay-proxy"));
}

}  // namespace
}  // namespace harbor_router::stub::testing
