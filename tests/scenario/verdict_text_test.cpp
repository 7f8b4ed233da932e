// What resolve assumes and leaves out, said in its reason.
#include <doctest/doctest.h>

#include "scenario/desk.hpp"

namespace harbor_router::scenario {

namespace {

bool has(const json& text, const std::string& words) {
  return text.get<std::string>().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a registry that nobody mirrors is nobody's for resolve as for serve, rooted or not") {
  Desk desk(Environment{{"ROOT_REGISTRY", "docker.io"}});
  desk.has("hub", "library/nginx", "1", small_image("nginx"));
  const Reply served =
      get(*desk.router, "/v2/library/nginx/manifests/1?ns=gcr.io", {accepts_manifests()});
  CHECK(served.status == 404);
  const auto told = [&desk](const std::string& image, const std::vector<std::string>& more) {
    Command command = desk.command({"resolve", "-o", "json", image});
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    command.environment["ROOT_REGISTRY"] = "docker.io";
    return json::parse(run(command).out);
  };
  for (const auto& more :
       std::vector<std::vector<std::string>>{{}, {"--server", desk.admin_url()}}) {
    const json elsewhere = told("gcr.io/library/nginx:1", more);
    CHECK(elsewhere["verdict"] == "no_candidate");
    CHECK(has(elsewhere["reason"], "gcr.io is taken for a registry's host"));
    CHECK(told("docker.io:443/library/nginx:1", more)["project"] == "hub");
    CHECK(told("mirror.example.org/proxy/library/nginx:1", more)["project"] == "hub");
  }
  CHECK(has(told("127.0.0.1:5000/library/nginx:1", {})["reason"], "this router's own host"));
  CHECK(told("mirror.example.org/library/nginx:1",
             {"--public-url", "https://mirror.example.org"})["project"] == "hub");
}

TEST_CASE("projects past MAX_FANOUT_PROJECTS are told of, as they were not asked") {
  Desk desk;
  desk.has("quay", "team/app", "1", small_image("app"));
  const json none = desk.resolves({"--max-fanout-projects", "1", "team/app:1"}, 3);
  CHECK(none["past_fan_out"] == 2);
  CHECK(has(none["reason"], "2 more not asked, past MAX_FANOUT_PROJECTS"));
  CHECK(desk.resolves({"team/app:1"})["past_fan_out"] == 0);
}

TEST_CASE("resolve warns of what its account may not see") {
  stub::Options options = three_projects();
  options.accounts.front().system_permissions = {"project:list"};
  Desk desk({}, std::move(options));
  desk.has("ghcr", "team/app", "1", small_image("app"));
  const Said said = desk.says({"resolve", "-o", "name", "team/app:1"});
  CHECK(said.out == "ghcr/team/app\n");
  CHECK(said.err.find("warning: the account may not list registries") != std::string::npos);
}

TEST_CASE("all that is wrong is named at once") {
  const Said bare = run({.arguments = {"resolve", "--resolver-timeout", "never"}});
  CHECK(bare.exit_code == 2);
  for (const char* each :
       {"--resolver-timeout", "HARBOR_USERNAME", "HARBOR_PASSWORD", "no image is named"})
    CHECK_MESSAGE(bare.err.find(each) != std::string::npos, each);
  const Said bench = run({.arguments = {"bench", "-c", "0", "-n", "x", "--mix", "foo", "--fail-if",
                                        "bar", "--fail-if", "baz", "--image", "BAD"}});
  CHECK(bench.exit_code == 2);
  for (const char* each : {"--connections", "--requests", "--mix", "bar", "baz", "BAD"})
    CHECK_MESSAGE(bench.err.find(each) != std::string::npos, each);
}

TEST_CASE("a control character reaches the terminal as its number") {
  Desk desk;
  const Said said = desk.says({"resolve", "bad\x1b[31mred"});
  CHECK(said.exit_code == 2);
  CHECK(said.err.find('\x1b') == std::string::npos);
  CHECK(said.err.find("bad\\x1b[31mred") != std::string::npos);
}

TEST_CASE("a mistyped subcommand has no help") {
  const Said said = run({.arguments = {"reslve", "--help"}});
  CHECK(said.exit_code == 2);
  CHECK(said.err.find("did you mean resolve?") != std::string::npos);
}

TEST_CASE("a table too wide leaves out what says nothing before it cuts a name") {
  stub::Options options = three_projects();
  options.projects.push_back(project("team-of-many", "harbor", "https://t.example.org"));
  Desk desk({}, std::move(options));
  const Said said = run_on_terminal(desk.command({"discover"}));
  CHECK(said.out.find("team-of-many") != std::string::npos);
  CHECK(said.out.find("EXCLUDED") == std::string::npos);
  CHECK(desk.says({"discover"}).out.find("EXCLUDED") != std::string::npos);
}

}  // namespace harbor_router::scenario
