// A router in passthrough mode, and three people in front of it.
#pragma once

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using stub::testing::basic;
using stub::testing::bearer;

// hub, ghcr and quay are public; secret is private, and alice alone is its member. bob is nobody's.
inline stub::Options people() {
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
  explicit Passthrough(Environment more = {}, stub::Options options = people())
      : World(with_mode(std::move(more)), std::move(options)) {}

  const Field alices_password = basic("alice", "Alice-1"), bobs_password = basic("bob", "Bob-1");

  // What a client gets from the router for the name it knows.
  [[nodiscard]] nlohmann::json token_answer(const std::vector<Field>& account,
                                            const std::string& name = "proxy/team/app") {
    const Reply reply =
        get(*router, "/service/token?service=harbor-router&scope=repository:" + name + ":pull",
            account);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    return nlohmann::json::parse(reply.body);
  }
  [[nodiscard]] Field token(const std::vector<Field>& account,
                            const std::string& name = "proxy/team/app") {
    const auto body = token_answer(account, name);
    CHECK(body["token"] == body["access_token"]);
    return bearer(body["token"].get<std::string>());
  }
  [[nodiscard]] Field alice() { return token({alices_password}); }
  [[nodiscard]] Field bob() { return token({bobs_password}); }
  [[nodiscard]] Field anybody() { return token({}); }

  [[nodiscard]] std::size_t logins() const { return harbor.count({.endpoint = Endpoint::token}); }
  [[nodiscard]] std::string last_token_question() const {
    const auto seen = harbor.requests({.endpoint = Endpoint::token});
    REQUIRE_FALSE(seen.empty());
    return seen.back().target;
  }

 private:
  static Environment with_mode(Environment more) {
    more["AUTH_MODE"] = "passthrough";
    more["LOG_LEVEL"] = "debug";
    return more;
  }
};

inline std::string challenge_of(const Reply& reply) {
  return reply.header("WWW-Authenticate");
}

}  // namespace harbor_router::scenario
