// What a running router holds, shown and removed: cache-inspect and /debug.
#include <doctest/doctest.h>

#include "scenario/desk.hpp"

namespace harbor_router::scenario {

TEST_CASE("a running router tells what it holds and what it would do") {
  Desk desk;
  desk.has("ghcr", "team/app", "1", small_image("app"));
  CHECK(get(*desk.router, app, {accepts_manifests()}).status == 200);
  const json found = desk.resolves({"--server", desk.admin_url(), "team/app:1"});
  CHECK(found["project"] == "ghcr");
  CHECK(found["cache"] == "fresh");
  CHECK(found["reason"] == "a mapping names this project, and it has it");
  CHECK(row_of(found, "hub")["outcome"] == "not_asked");
  CHECK(get(*desk.router, "/v2/proxy/team/none/manifests/1").status == 404);
  CHECK(desk.resolves({"--server", desk.admin_url(), "team/none:1"}, 3)["cache"] == "negative");

  const Said list = desk.says({"cache-inspect", "--server", desk.admin_url(), "-o", "json"});
  const json entries = json::parse(list.out)["entries"];
  bool mapping = false, absence = false;
  for (const json& entry : entries) {
    mapping = mapping || (entry["image"] == "team/app:1" && entry["project"] == "ghcr" &&
                          entry["state"] == "fresh" && entry["digest"].is_string());
    absence = absence || (entry["image"] == "team/none:1" && entry["state"] == "negative" &&
                          entry["project"].is_null());
  }
  CHECK(mapping);
  CHECK(absence);
  CHECK(desk.remembered("team/none") == 1);
  CHECK(desk.remembered("team/app:*") == 1);
  CHECK(desk.remembered("team/*") == entries.size());
  const Said stats =
      desk.says({"cache-inspect", "--server", desk.admin_url(), "--stats", "-o", "json"});
  CHECK(json::parse(stats.out)["stats"]["entries"] == entries.size());
  const Said names = desk.says({"cache-inspect", "--server", desk.admin_url(), "-o", "name",
                                "--sort", "image", "--limit", "1"});
  CHECK(names.out == "team/app\n");
}

TEST_CASE("purge wants the token, and removes exactly what was shown") {
  Desk desk(Environment{{"ADMIN_TOKEN", "let-me-in"}});
  desk.has("ghcr", "team/app", "1", small_image("app"));
  desk.has("quay", "team/tool", "2", small_image("tool"));
  CHECK(get(*desk.router, app, {accepts_manifests()}).status == 200);
  CHECK(get(*desk.router, "/v2/proxy/team/tool/manifests/2", {accepts_manifests()}).status == 200);
  const std::size_t all = desk.remembered("*"), of_tool = desk.remembered("team/tool");
  REQUIRE(of_tool > 0);
  const auto purge = [&](const std::string& token, std::vector<std::string> more) {
    Command command = desk.command({"cache-inspect", "--server", desk.admin_url(), "--purge"});
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    if (!token.empty()) command.environment["ADMIN_TOKEN"] = token;
    return run(command);
  };
  CHECK(purge("", {"--yes", "team/tool"}).exit_code == 4);
  CHECK(purge("let-me-im", {"--yes", "team/tool"}).exit_code == 4);
  CHECK(purge("let-me-in", {"team/tool"}).exit_code == 2);  // no terminal to ask at
  CHECK(desk.remembered("*") == all);
  const Said said = purge("let-me-in", {"--yes", "team/tool"});
  CHECK(said.exit_code == 0);
  CHECK(said.out == std::to_string(of_tool) + " removed\n");
  CHECK(said.err.find(std::to_string(of_tool) + " mappings") != std::string::npos);
  CHECK(desk.remembered("team/tool") == 0);
  CHECK(desk.remembered("*") == all - of_tool);

  Desk closed;
  Command command =
      closed.command({"cache-inspect", "--server", closed.admin_url(), "--purge", "--yes", "*"});
  CHECK(get(*closed.router, "/v2/proxy/team/none/manifests/1").status == 404);
  command.environment["ADMIN_TOKEN"] = "anything";
  const Said refused = run(command);
  CHECK(refused.exit_code == 4);
  CHECK(refused.err.find("ADMIN_TOKEN is not set on this router") != std::string::npos);
}

}  // namespace harbor_router::scenario
