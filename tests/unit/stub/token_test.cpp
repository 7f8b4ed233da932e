#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "unit/stub/client.hpp"

namespace harbor_router::stub::testing {
namespace {

using nlohmann::json;

constexpr std::string_view service = "/service/token?service=harbor-registry";
std::string manifest_in(std::string_view project) {
  return "/v2/" + std::string(project) + "/team/app/manifests/1";
}

Options open_and_closed() {
  Options options = one_project();
  Project closed = proxy_project("closed");
  closed.visibility = Visibility::private_project;
  closed.images = options.projects[0].images;
  options.projects.push_back(std::move(closed));
  options.accounts = {{.name = "ann", .password = "pw", .projects = {"closed"}},
                      {.name = "ben", .password = "pw"}};
  return options;
}

TEST_CASE("the token service, parameter by parameter") {
  const StandIn harbor(open_and_closed());
  Client client(harbor);
  CHECK(client.get("/service/token?service=other&scope=repository:p/x:pull").status == 400);
  CHECK(client.ask("POST", service, {}).status == 405);
  CHECK(client.get(service).status == 401);
  CHECK(client.get(service, {basic("ann", "wrong")}).status == 401);
  CHECK(client.get(service, {basic("ann", "pw")}).status == 200);
  const Reply reply = client.get(std::string(service) + "&scope=repository:p/x:pull");
  const auto body = json::parse(reply.body);
  CHECK(body["access_token"] == "");
  CHECK(body["expires_in"] == 1800);
  CHECK(body["issued_at"].get<std::string>().ends_with("Z"));
  CHECK(body["token"].get<std::string>().size() > 500);
}

TEST_CASE("one token covers several projects, repeated or space-separated") {
  const StandIn harbor(open_and_closed());
  Client client(harbor);
  for (const char* scopes : {"&scope=repository:p/x:pull&scope=repository:closed/y:pull",
                             "&scope=repository:p/x:pull%20repository:closed/y:pull"}) {
    const Reply reply = client.get(std::string(service) + scopes, {basic("ann", "pw")});
    const Field token = bearer(json::parse(reply.body)["token"].get<std::string>());
    CHECK(client.head(manifest_in("p"), {token}).status == 200);
    CHECK(client.head(manifest_in("closed"), {token}).status == 200);
  }
}

TEST_CASE("a wrong password with a scope gives an anonymous token") {
  const StandIn harbor(open_and_closed());
  Client client(harbor);
  const Field token = token_for(harbor, {"p", "closed"}, basic("ann", "wrong"));
  CHECK(client.get(manifest_in("p"), {token}).status == 200);
  const Reply refused = client.get(manifest_in("closed"), {token});
  CHECK(refused.status == 401);
  CHECK(refused.header("Www-Authenticate") == "Basic realm=\"harbor\"");
  CHECK(client.get("/v2/", {token}).status == 401);
}

TEST_CASE("names without a project and unknown projects give rights to nothing") {
  const StandIn harbor(open_and_closed());
  Client client(harbor);
  const Reply reply =
      client.get(std::string(service) + "&scope=repository:p:pull&scope=repository:gone/x:pull");
  CHECK(reply.status == 200);
  const Field token = bearer(json::parse(reply.body)["token"].get<std::string>());
  CHECK(client.get(manifest_in("p"), {token}).status == 401);
}

TEST_CASE("without Authorization: 401 with a Bearer challenge, even for a public project") {
  const StandIn harbor(open_and_closed());
  Client client(harbor);
  for (const std::string& target : {manifest_in("p"), manifest_in("closed"), manifest_in("gone")}) {
    for (const char* method : {"GET", "HEAD"}) {
      const Reply reply = client.ask(method, target, {});
      CHECK(reply.status == 401);
      const std::string name = target.substr(4, target.find("/manifests") - 4);
      CHECK(reply.header("Www-Authenticate") ==
            "Bearer realm=\"http://harbor.test/service/token\",service=\"harbor-registry\",scope="
            "\"repository:" +
                name + ":pull\"");
      CHECK(reply.header("Docker-Distribution-Api-Version") == "registry/2.0");
    }
  }
  const Reply version = client.get("/v2/");
  CHECK(version.status == 401);
  CHECK(version.header("Www-Authenticate") ==
        "Bearer realm=\"http://harbor.test/service/token\",service=\"harbor-registry\"");
}

TEST_CASE("with Authorization: what passes and how the rest is challenged") {
  const StandIn harbor(open_and_closed());
  Client client(harbor);
  const Field ann = basic("ann", "pw");
  CHECK(client.get("/v2/", {ann}).status == 200);
  CHECK(client.get(manifest_in("closed"), {ann}).status == 200);
  CHECK(client.get(manifest_in("closed"), {basic("ben", "pw")}).status == 401);
  // Bad credentials become anonymous, which is enough for a public project...
  CHECK(client.get(manifest_in("p"), {basic("ann", "wrong")}).status == 200);
  CHECK(client.get(manifest_in("p"), {bearer("garbage")}).status == 200);
  // ...but a valid token that lacks the project is not.
  CHECK(client.get(manifest_in("p"), {token_for(harbor, {"closed"}, ann)}).status == 401);
  const Reply gone = client.get(manifest_in("gone"), {ann});
  CHECK(gone.status == 401);
  CHECK(gone.has("Www-Authenticate"));
  CHECK(gone.header("Www-Authenticate") == "");
  const Reply catalog = client.get("/v2/_catalog");
  CHECK(catalog.status == 401);
  CHECK(catalog.header("Www-Authenticate") == "Basic realm=\"harbor\"");
}

TEST_CASE("tokens end: by time, by recreation of the project, by order") {
  Options options = open_and_closed();
  SUBCASE("by time") {
    options.token_life = std::chrono::seconds(0);
    const StandIn harbor(std::move(options));
    Client client(harbor);
    const Field token = token_for(harbor, {"closed"}, basic("ann", "pw"));
    CHECK(client.get(manifest_in("closed"), {token}).status == 401);
  }
  SUBCASE("by recreation") {
    StandIn harbor(std::move(options));
    Client client(harbor);
    const Field token = token_for(harbor, {"p"});
    CHECK(client.get(manifest_in("p"), {token}).status == 200);
    harbor.add_project(proxy_project("p"));
    CHECK(client.get(manifest_in("p"), {token}).status == 401);
  }
  SUBCASE("by order") {
    StandIn harbor(std::move(options));
    Client client(harbor);
    const Field token = token_for(harbor, {"closed"}, basic("ann", "pw"));
    CHECK(client.get(manifest_in("closed"), {token}).status == 200);
    harbor.invalidate_tokens();
    CHECK(client.get(manifest_in("closed"), {token}).status == 401);
  }
}

}  // namespace
}  // namespace harbor_router::stub::testing
