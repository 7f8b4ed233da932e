// What a running router holds, shown and removed: cache-inspect and /debug.
#include <doctest/doctest.h>

#include "scenario/desk.hpp"

namespace harbor_router::scenario {

TEST_CASE("a running router tells what it holds and what it would do") {
  Desk desk(Environment{{"NEGATIVE_CACHE_TTL", "1h"}});
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

TEST_CASE("the hit ratio counts pulls, however often each looks into the store") {
  Desk desk;
  desk.has("ghcr", "team/app", "1", small_image("app"));
  for (int i = 0; i < 10; ++i) CHECK(get(*desk.router, app, {accepts_manifests()}).status == 200);
  const auto stats = [&desk] {
    return json::parse(
        desk.says({"cache-inspect", "--server", desk.admin_url(), "--stats", "-o", "json"})
            .out)["stats"];
  };
  CHECK(comes_true([&] { return stats()["lookups"] == 10; }));
  const json told = stats();
  CHECK(told["hits"] == 9);
  CHECK(told["misses"] == 1);
  CHECK(told["hit_ratio"] == doctest::Approx(0.9));
}

TEST_CASE("places that contradict each other, and flags that would be passed over, are refused") {
  Desk desk(Environment{{"ADMIN_TOKEN", "let-me-in"}});
  desk.has("ghcr", "team/app", "1", small_image("app"));
  CHECK(get(*desk.router, app, {accepts_manifests()}).status == 200);
  const Folder folder;
  const std::string file = folder.write("snapshot", "");
  const auto refused = [&desk](std::vector<std::string> more, const std::string& why) {
    more.insert(more.begin(), {"cache-inspect", "--server", desk.admin_url()});
    Command command = desk.command(std::move(more));
    command.environment["ADMIN_TOKEN"] = "let-me-in";
    command.environment["REDIS_URL"] = "redis://127.0.0.1:1";
    const Said said = run(command);
    return said.exit_code == 2 && said.err.find(why) != std::string::npos;
  };
  CHECK(refused({"--redis", "--purge", "--yes"}, "different places"));
  CHECK(refused({"--snapshot", file}, "different places"));
  CHECK(refused({"--purge", "--yes", "--limit", "1"}, "--purge removes all"));
  CHECK(refused({"--purge", "--yes", "--stats"}, "--purge removes all"));
  CHECK(refused({"--stats", "--limit", "1"}, "--stats counts everything"));
  CHECK(refused({"--stats", "--sort", "image"}, "--stats counts everything"));
  CHECK(desk.remembered("*") > 0);
}

TEST_CASE("a running router is asked for several images at once") {
  Desk desk(Environment{{"RESOLVER_TIMEOUT", "1h"}});  // one after the other would take hours
  desk.fails("ghcr", {.then = stub::fault::Hang{}});
  const RunningCommand asking(desk.command({"resolve", "--server", desk.admin_url(),
                                            "ghcr.io/team/a", "ghcr.io/team/b", "ghcr.io/team/c"}));
  CHECK(comes_true([&] { return desk.asked("HEAD", "ghcr") == 3; }));
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

  // None here: the others are told all the same, so the token is wanted all the same.
  CHECK(purge("let-me-im", {"--yes", "team/tool"}).exit_code == 4);
  CHECK(purge("let-me-in", {"--yes", "team/tool"}).exit_code == 3);
  const Said empty = purge("let-me-in", {"--yes", ""});
  CHECK(empty.exit_code == 2);
  CHECK(empty.err.find("write '*' to remove everything") != std::string::npos);
  CHECK(desk.remembered("*") == all - of_tool);
  CHECK(purge("let-me-in", {"--yes"}).exit_code == 0);
  CHECK(desk.remembered("*") == 0);

  Desk closed;
  Command command =
      closed.command({"cache-inspect", "--server", closed.admin_url(), "--purge", "--yes", "*"});
  CHECK(get(*closed.router, "/v2/proxy/team/none/manifests/1").status == 404);
  command.environment["ADMIN_TOKEN"] = "anything";
  const Said refused = run(command);
  CHECK(refused.exit_code == 4);
  CHECK(refused.err.find("ADMIN_TOKEN is not set on this router") != std::string::npos);
}

TEST_CASE("an empty pattern removes nothing, and a stranger is told how to ask") {
  Desk desk(Environment{{"ADMIN_TOKEN", "let-me-in"}});
  desk.has("ghcr", "team/app", "1", small_image("app"));
  CHECK(get(*desk.router, app, {accepts_manifests()}).status == 200);
  Client admin(desk.router->metrics_port());
  const auto purge = [&](const std::string& target, const std::vector<Field>& headers) {
    return admin.ask("DELETE", target, headers);
  };
  const Reply stranger = purge("/debug/cache?image=*", {});
  CHECK(stranger.status == 401);
  CHECK(stranger.header("WWW-Authenticate") == "Bearer");
  const std::size_t all = desk.remembered("*");
  for (const std::string target : {"/debug/cache?image=", "/debug/cache"})
    CHECK(purge(target, {stub::testing::bearer("let-me-in")}).status == 400);
  CHECK(desk.remembered("*") == all);
}

TEST_CASE("a pattern longer than any is for is refused, and says how long one may be") {
  Desk desk(Environment{{"ADMIN_TOKEN", "let-me-in"}});
  Client admin(desk.router->metrics_port());
  const std::string words = "at most 1024 characters";
  const auto asked = [&](const std::string& method, std::size_t length) {
    return admin.ask(method, "/debug/cache?image=" + std::string(length, 'a'),
                     {stub::testing::bearer("let-me-in")});
  };
  for (const char* method : {"GET", "DELETE"}) {
    CHECK(asked(method, 1024).status == 200);
    const Reply refused = asked(method, 1025);
    CHECK(refused.status == 400);
    CHECK(refused.body.find(words) != std::string::npos);
  }
  const Said said =
      desk.says({"cache-inspect", "--server", desk.admin_url(), std::string(1025, 'a')});
  CHECK(said.exit_code == 2);
  CHECK(said.err.find(words) != std::string::npos);
}

TEST_CASE("ADMIN_TOKEN_FILE is read again when it changes") {
  const Folder folder;
  const std::string file = folder.write("token", "first\n");
  std::filesystem::last_write_time(
      file, std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1));
  Desk desk(Environment{{"ADMIN_TOKEN_FILE", file}});
  Client admin(desk.router->metrics_port());
  const auto status_with = [&](const std::string& token) {
    return admin.ask("DELETE", "/debug/cache?image=*", {stub::testing::bearer(token)}).status;
  };
  CHECK(status_with("first") == 200);
  folder.write("token", "second\n");
  CHECK(status_with("first") == 401);
  CHECK(status_with("second") == 200);
}

TEST_CASE("a question that is no UTF-8 is answered, not hung up on") {
  Desk desk;
  Client admin(desk.router->metrics_port());
  const Reply reply = admin.get("/debug/resolve?image=%ff");
  CHECK(reply.status == 400);
  CHECK(json::parse(reply.body)["error"].is_string());
  CHECK(admin.get("/debug/cache?image=%ff").status == 200);
  CHECK(desk.says({"resolve", "-o", "json", "\xff"}).exit_code == 2);
  CHECK(
      desk.says({"cache-inspect", "--server", desk.admin_url(), "-o", "json", "\xff"}).exit_code ==
      0);
}

TEST_CASE("the totals of a snapshot do not depend on how much of it is shown") {
  const Folder folder;
  const std::string file = folder.path("snapshot");
  Desk desk(Environment{{"CACHE_SNAPSHOT_FILE", file}});
  desk.has("ghcr", "team/app", "1", small_image("app"));
  desk.has("quay", "team/tool", "2", small_image("tool"));
  CHECK(get(*desk.router, app, {accepts_manifests()}).status == 200);
  CHECK(get(*desk.router, "/v2/proxy/team/tool/manifests/2", {accepts_manifests()}).status == 200);
  desk.router->terminate();
  CHECK(desk.router->wait() == 0);
  const auto shown = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"cache-inspect", "--snapshot", file, "-o", "json"});
    return json::parse(desk.says(std::move(more)).out);
  };
  const json all = shown({}), one = shown({"--limit", "1"});
  CHECK(one["entries"].size() == 1);
  CHECK(one["stats"]["entries"] == all["entries"].size());
  CHECK(desk.says({"cache-inspect", "--snapshot", file, "--sort", "hits"}).exit_code == 2);
  CHECK(shown({"--stats"})["top"].empty());
}

}  // namespace harbor_router::scenario
