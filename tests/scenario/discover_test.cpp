// discover: which projects there are, what the account may not see, and what changes.
#include <sstream>

#include <doctest/doctest.h>

#include "scenario/desk.hpp"

namespace harbor_router::scenario {

namespace {

Command watching_often(const Desk& desk, const std::string& format) {
  Command command = desk.command({"discover", "--watch", "-o", format});
  command.environment["DISCOVERY_INTERVAL"] = "50ms";
  return command;
}

}  // namespace

TEST_CASE("discover lists the projects, and says what the account may not see") {
  Desk desk;
  Command command = desk.command({"discover", "-o", "json"});
  command.environment["MAX_FANOUT_PROJECTS"] = "2";
  const json found = json::parse(run(command).out);
  CHECK(found["harbor"] == desk.harbor.url());
  CHECK(found["version"].is_string());
  REQUIRE(found["projects"].size() == 3);
  CHECK(found["projects"][0]["name"] == "ghcr");
  CHECK(found["projects"][0]["registry"]["host"] == "ghcr.io");
  CHECK(found["projects"][0]["registry"]["status"] == "healthy");
  CHECK(found["projects"][1]["excluded"].is_null());
  CHECK(found["projects"][2]["excluded"] == "past MAX_FANOUT_PROJECTS (2)");
  CHECK(desk.says({"discover", "-o", "name"}).out == "ghcr\nhub\nquay\n");

  stub::Options options = three_projects();
  options.accounts.front().system_permissions = {"project:list"};
  Desk blind({}, std::move(options));
  const Said said = blind.says({"discover"});
  CHECK(said.exit_code == 0);
  CHECK(said.err.find("registry:list") != std::string::npos);
  CHECK(said.err.find("project:list") != std::string::npos);
}

TEST_CASE("discover says that projects may be out of sight, and which permission shows them") {
  stub::Options options = three_projects();
  stub::Project secret = project("secret", "docker-registry", "https://registry.example.org");
  secret.visibility = stub::Visibility::private_project;
  options.projects.push_back(std::move(secret));
  options.accounts.front().projects = {"hub"};
  options.accounts.front().system_permissions = {"registry:list"};
  Desk desk({}, std::move(options));
  const Said said = desk.says({"discover", "-o", "name"});
  CHECK(said.out == "ghcr\nhub\nquay\n");
  CHECK(said.err.find("no project the account sees uses registry.example.org") !=
        std::string::npos);
  CHECK(said.err.find("project:list") != std::string::npos);
}

TEST_CASE("discover --watch prints what changes, until it is interrupted") {
  Desk desk;
  RunningCommand watching(watching_often(desk, "name"));
  CHECK(watching.wait_for("quay\n"));
  desk.harbor.add_project(project("late", "harbor", "https://late.example.org"));
  CHECK(watching.wait_for("+ late (late.example.org)\n"));
  desk.harbor.set_registry_status("quay", "unhealthy");
  CHECK(watching.wait_for("~ quay: registry.status healthy -> unhealthy\n"));
  desk.harbor.remove_project("late");
  CHECK(watching.wait_for("- late\n"));
  CHECK(watching.interrupt() == 0);
}

TEST_CASE("discover --watch as JSON is a document on a line for each change") {
  Desk desk;
  RunningCommand watching(watching_often(desk, "json"));
  CHECK(watching.wait_for("\n"));
  desk.harbor.add_project(project("late", "harbor", "https://late.example.org"));
  CHECK(watching.wait_for("late.example.org\""));
  CHECK(watching.interrupt() == 0);
  std::istringstream lines(watching.text());
  std::string first, last;
  REQUIRE(std::getline(lines, first));
  // The project's registry may have been seen, and warned of, before the project itself.
  for (std::string line; std::getline(lines, line);) last = line;
  REQUIRE_FALSE(last.empty());
  CHECK(json::parse(first)["projects"].size() == 3);
  CHECK(json::parse(last)["projects"].size() == 4);
}

}  // namespace harbor_router::scenario
