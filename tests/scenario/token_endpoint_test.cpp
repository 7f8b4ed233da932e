// What /service/token says of itself and of questions that are none, by the RFCs that it follows.
#include "scenario/passthrough.hpp"

namespace harbor_router::scenario {

namespace {

const std::string tokens = "/service/token";
const std::string app_token = tokens + "?scope=repository:proxy/team/app:pull";
const std::string alices_form = "grant_type=password&username=alice&password=Alice-1";

Reply post(const Passthrough& world, const std::string& form) {
  return Client(world.router->port())
      .ask("POST", tokens, {{"Content-Type", "application/x-www-form-urlencoded"}}, form);
}

std::string error_of(const Reply& reply) {
  return nlohmann::json::parse(reply.body)["error"].get<std::string>();
}

}  // namespace

TEST_CASE("a token is kept by nobody on its way") {
  const Passthrough world;
  for (const Reply& reply : {get(*world.router, app_token), post(world, alices_form)}) {
    CHECK(reply.status == 200);
    CHECK(reply.header("Cache-Control") == "no-store");
  }
}

TEST_CASE("whom the token endpoint refuses it asks for a password") {
  const Passthrough world;
  for (const Reply& reply :
       {get(*world.router, tokens, {basic("alice", "no")}),
        get(*world.router, app_token, {basic("alice", "no")}), get(*world.router, tokens),
        post(world, "grant_type=password&username=alice&password=no")}) {
    CHECK(reply.status == 401);
    CHECK(challenge_of(reply) == R"(Basic realm="harbor-router")");
  }
}

TEST_CASE("other methods hear which there are for tokens") {
  const Passthrough world;
  for (const char* method : {"PUT", "DELETE"}) {
    const Reply reply = Client(world.router->port()).ask(method, tokens, {});
    CHECK(reply.status == 405);
    CHECK(reply.header("Allow") == "GET, HEAD, POST");
    CHECK(reply.body.find("POST") != std::string::npos);
  }
}

TEST_CASE("of a form all goes to Harbor but what is a secret or ours") {
  const Passthrough world;
  CHECK(post(world, alices_form +
                        "&client_id=docker&access_type=offline&service=harbor-router&client_secret="
                        "Secret-1&refresh_token=Secret-2")
            .status == 200);
  const std::string asked = world.last_token_question();
  CHECK(asked.find("client_id=docker") != std::string::npos);
  CHECK(asked.find("access_type=offline") != std::string::npos);
  CHECK(asked.find("service=harbor-registry") != std::string::npos);
  for (const char* other : {"Secret", "Alice-1", "username", "grant_type", "harbor-router"})
    CHECK_MESSAGE(asked.find(other) == std::string::npos, asked);
}

TEST_CASE("a form that is none of a password's is told why") {
  const Passthrough world;
  for (const auto& [form, error] : std::vector<std::pair<std::string, std::string>>{
           {"username=alice&password=Alice-1", "invalid_request"},
           {"grant_type=&username=alice&password=Alice-1", "invalid_request"},
           {"grant_type=refresh_token&refresh_token=x", "unsupported_grant_type"},
           {alices_form + "&username=bob", "invalid_request"},
           {alices_form + "&password=Alice-1", "invalid_request"},
           {alices_form + "&client_id=a&client_id=b", "invalid_request"},
           {"grant_type=password&username=alice", "invalid_request"},
           {"grant_type=password&username=alice%3AAlice-1&password=x", "invalid_request"}}) {
    CAPTURE(form);
    const Reply reply = post(world, form);
    CHECK(reply.status == 400);
    CHECK(error_of(reply) == error);
  }
  CHECK(world.logins() == 0);
}

TEST_CASE("Basic without credentials is refused alike for a token and for an image") {
  const Passthrough world;
  for (const char* value : {"Basic", "basic", "Basic\tYWxpY2U6QWxpY2UtMQ=="})
    for (const std::string& target : {app_token, app}) {
      CAPTURE(value);
      CHECK(get(*world.router, target, {{"Authorization", value}}).status == 401);
    }
  CHECK(world.logins() == 0);
}

TEST_CASE("one token is for a hundred scopes at most, and Harbor is not asked for more") {
  const Passthrough world;
  std::string form = alices_form + "&scope=", query = tokens + "?scope=";
  for (int i = 0; i < 101; ++i) {
    form += "repository:proxy/a" + std::to_string(i) + ":pull+";
    query += "s" + std::to_string(i) + "+";
  }
  const Reply posted = post(world, form);
  CHECK(posted.status == 400);
  CHECK(error_of(posted) == "invalid_scope");
  const Reply got = get(*world.router, query);
  CHECK(got.status == 400);
  for (const Reply& reply : {posted, got})
    CHECK(reply.body.find("100 scopes at most") != std::string::npos);
  CHECK(world.logins() == 0);
}

TEST_CASE("only pull is asked for where no project has the name") {
  const Passthrough world(Environment{{"ROOT_REGISTRY", "elsewhere.example.org"}});
  CHECK(get(*world.router, tokens + "?scope=repository:library/app:push,pull").status == 200);
  CHECK(world.last_token_question().find("push") == std::string::npos);
}

}  // namespace harbor_router::scenario
