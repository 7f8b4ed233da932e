#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "unit/stub/client.hpp"

namespace harbor_router::stub::testing {
namespace {

using nlohmann::json;

std::vector<std::string> names(const Reply& reply) {
  std::vector<std::string> found;
  for (const auto& item : json::parse(reply.body)) found.push_back(item["name"]);
  return found;
}

Options several_projects() {
  Options options;
  for (const char* name : {"a", "b", "c"}) options.projects.push_back(proxy_project(name));
  options.projects[1].visibility = Visibility::private_project;
  Project own;
  own.name = "own";
  options.projects.push_back(own);
  options.accounts = {
      {.name = "admin", .password = "pw", .kind = AccountKind::administrator},
      {.name = "ann", .password = "pw", .projects = {"b"}},
      {.name = "robot$b", .password = "pw", .kind = AccountKind::robot, .projects = {"b"}},
      {.name = "robot$all", .password = "pw", .kind = AccountKind::robot, .projects = {"*"}},
      {.name = "robot$lists",
       .password = "pw",
       .kind = AccountKind::robot,
       .system_permissions = {"project:list", "registry:list", "registry:read"}},
      {.name = "ben", .password = "pw"}};
  return options;
}

TEST_CASE("projects: who sees what") {
  const StandIn harbor(several_projects());
  Client client(harbor);
  const std::vector<std::string> only_public{"a", "c", "own"}, all{"a", "b", "c", "own"};
  CHECK(names(client.get("/api/v2.0/projects")) == only_public);
  CHECK(names(client.get("/api/v2.0/projects", {basic("ben", "pw")})) == only_public);
  for (const char* name : {"admin", "ann", "robot$b", "robot$all", "robot$lists"}) {
    CHECK(names(client.get("/api/v2.0/projects", {basic(name, "pw")})) == all);
  }
  const Reply wrong = client.get("/api/v2.0/projects", {basic("admin", "wrong")});
  CHECK(wrong.status == 200);
  CHECK(names(wrong) == only_public);
  // A registry token is nobody at the API.
  CHECK(names(client.get("/api/v2.0/projects", {token_for(harbor, {"b"}, basic("ann", "pw"))})) ==
        only_public);
}

TEST_CASE("projects: pages, links and the total") {
  Options options;
  for (int i = 10; i < 35; ++i) {
    options.projects.push_back(proxy_project("p" + std::to_string(i)));
  }
  const StandIn harbor(std::move(options));
  Client client(harbor);
  const Reply first = client.get("/api/v2.0/projects");
  CHECK(names(first).size() == 10);
  CHECK(first.header("X-Total-Count") == "25");
  CHECK(first.header("Link") == "</api/v2.0/projects?page=2&page_size=10>; rel=\"next\"");
  const Reply second = client.get("/api/v2.0/projects?page=2&page_size=10&with_detail=false");
  CHECK(second.header("Link") ==
        "</api/v2.0/projects?page=1&page_size=10&with_detail=false>; rel=\"prev\" , "
        "</api/v2.0/projects?page=3&page_size=10&with_detail=false>; rel=\"next\"");
  CHECK(names(client.get("/api/v2.0/projects?page_size=100")).size() == 25);
  CHECK(client.get("/api/v2.0/projects?page_size=101").status == 422);
  const Reply none = client.get("/api/v2.0/projects?q=name%3Dnowhere");
  CHECK(json::parse(none.body) == json::array());
  CHECK(none.header("X-Total-Count") == "0");
  CHECK_FALSE(none.has("Link"));
}

TEST_CASE("projects: q selects proxy projects, unknown keys are ignored") {
  const StandIn harbor(several_projects());
  Client client(harbor);
  CHECK(names(client.get("/api/v2.0/projects?q=registry_id%3D%5B1~%5D")) ==
        std::vector<std::string>{"a", "c"});
  CHECK(names(client.get("/api/v2.0/projects?q=nonsense%3D1")).size() == 3);
  CHECK(names(client.get("/api/v2.0/projects?q=name%3D~w")) == std::vector<std::string>{"own"});
  CHECK(client.get("/api/v2.0/projects?q=nonsense").status == 400);
  const auto own = json::parse(client.get("/api/v2.0/projects/own").body);
  CHECK_FALSE(own.contains("registry_id"));
  CHECK(own["metadata"]["public"] == "true");
  const auto brief =
      json::parse(client.get("/api/v2.0/projects?with_detail=false&q=name%3Da").body)[0];
  CHECK(brief["registry_id"] == 1);
  CHECK_FALSE(brief.contains("metadata"));
}

TEST_CASE("registries: only with the permission") {
  const StandIn harbor(several_projects());
  Client client(harbor);
  CHECK(client.get("/api/v2.0/registries/1").status == 401);
  CHECK(client.get("/api/v2.0/registries", {basic("ann", "pw")}).status == 403);
  const Reply list = client.get("/api/v2.0/registries", {basic("robot$lists", "pw")});
  CHECK(names(list).size() == 3);
  CHECK(list.header("X-Total-Count") == "3");
  const auto one =
      json::parse(client.get("/api/v2.0/registries/2", {basic("robot$lists", "pw")}).body);
  CHECK(one["type"] == "docker-registry");
  CHECK(one["status"] == "healthy");
  CHECK(client.get("/api/v2.0/registries/99", {basic("admin", "pw")}).status == 404);
}

TEST_CASE("ping, health, systeminfo and the current user") {
  const StandIn harbor(several_projects());
  Client client(harbor);
  CHECK(client.get("/api/v2.0/ping").body == "Pong");
  CHECK(json::parse(client.get("/api/v2.0/health").body)["status"] == "healthy");
  CHECK_FALSE(json::parse(client.get("/api/v2.0/systeminfo").body).contains("harbor_version"));
  CHECK(json::parse(client.get("/api/v2.0/systeminfo", {basic("ann", "pw")}).body)
            .contains("harbor_version"));
  CHECK(client.get("/api/v2.0/users/current").status == 401);
  CHECK(client.get("/api/v2.0/users/current", {basic("ann", "wrong")}).status == 401);
  CHECK(client.get("/api/v2.0/users/current", {basic("robot$b", "pw")}).status == 412);
  CHECK(json::parse(client.get("/api/v2.0/users/current", {basic("ann", "pw")}).body)["username"] ==
        "ann");
}

TEST_CASE("answers echo the request id and set a session cookie; wrong paths are the portal") {
  const StandIn harbor(several_projects());
  Client client(harbor);
  const Reply ping = client.get("/api/v2.0/ping", {{"X-Request-Id", "abc"}});
  CHECK(ping.header("X-Request-Id") == "abc");
  CHECK(ping.header("Set-Cookie").starts_with("sid="));
  CHECK_FALSE(client.get("/v2/", {}).header("X-Request-Id").empty());
  const Reply portal = client.get("/proxy/library/nginx");
  CHECK(portal.status == 200);
  CHECK(portal.header("Content-Type") == "text/html");
}

TEST_CASE("a recreated project has a new id") {
  StandIn harbor(several_projects());
  Client client(harbor);
  const auto id = [&] {
    return json::parse(client.get("/api/v2.0/projects/a").body)["project_id"].get<int>();
  };
  const int before = id();
  harbor.remove_project("a");
  CHECK(client.get("/api/v2.0/projects/a").status == 404);
  harbor.add_project(proxy_project("a"));
  CHECK(id() > before);
  CHECK_THROWS_AS(harbor.remove_project("nowhere"), std::invalid_argument);
}

}  // namespace
}  // namespace harbor_router::stub::testing
