// What operators run to see where an image comes from: resolve, and what all subcommands share.
#include <sstream>

#include <doctest/doctest.h>

#include "scenario/desk.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

TEST_CASE("resolve says which project has an image, why, and what each project said") {
  Desk desk;
  const Image image = small_image("app");
  desk.has("ghcr", "team/app", "1", image);
  const json found = desk.resolves({"--all", "team/app:1"});
  CHECK(found["image"] == "team/app:1");
  CHECK(found["reference"] == "1");
  CHECK(found["project"] == "ghcr");
  CHECK(found["digest"] == image.manifest.digest.str());
  CHECK(found["reason"] == "the only one of 3 projects that has it");
  CHECK(found["cache"] == "absent");
  CHECK(found["conflict"] == false);
  CHECK(found["duration_ms"].is_number());
  CHECK(row_of(found, "ghcr")["outcome"] == "hit");
  CHECK(row_of(found, "hub")["outcome"] == "miss");
  CHECK(row_of(found, "hub")["status"] == 404);
  CHECK(desk.harbor.count({.method = "GET", .endpoint = Endpoint::manifests}) == 0);

  const json library = desk.resolves({"--all", "nginx"}, 3);
  CHECK(library["project"].is_null());
  CHECK(row_of(library, "hub")["upstream_repository"] == "library/nginx");
  CHECK(row_of(library, "quay")["upstream_repository"] == "nginx");

  const json both = desk.resolves({"team/app:1", "nginx"}, 3);
  CHECK(both.size() == 2);
  CHECK(desk.says({"resolve", "-o", "name", "team/app:1"}).out == "ghcr/team/app\n");
}

TEST_CASE("names as clients write them, with a host in front, mean the same image") {
  Desk desk;
  desk.has("ghcr", "team/app", "1", small_image("app"));
  CHECK(desk.resolves({"registry.example.com/proxy/team/app:1"})["project"] == "ghcr");
  CHECK(desk.resolves({"registry.example.com:5000/proxy/ghcr.io/team/app:1"})["project"] == "ghcr");
  const json narrowed = desk.resolves({"ghcr.io/team/app:1"});
  CHECK(narrowed["projects"].size() == 1);
  const json elsewhere = desk.resolves({"gcr.io/team/app:1"}, 3);
  CHECK(elsewhere["reason"] == "no proxy-cache project mirrors its registry");
}

TEST_CASE("each exit code says what kind of answer it was") {
  Desk desk(Environment{{"ADMIN_TOKEN", "let-me-in"}});
  desk.has("ghcr", "team/app", "1", small_image("app"));
  const auto code = [&](std::vector<std::string> arguments) {
    return desk.says(std::move(arguments)).exit_code;
  };
  CHECK(code({"resolve", "team/app:1"}) == 0);
  Command to_full_disk = desk.command({"resolve", "team/app:1"});
  to_full_disk.output_path = "/dev/full";
  CHECK(run(to_full_disk).exit_code == 1);
  CHECK(code({"resolve", "Team/App:1"}) == 2);
  CHECK(code({"resolve"}) == 2);
  CHECK(code({"resolve", "team/other:1"}) == 3);
  Command purge =
      desk.command({"cache-inspect", "--server", desk.admin_url(), "--purge", "--yes", "none"});
  purge.environment["ADMIN_TOKEN"] = "let-me-in";
  CHECK(run(purge).exit_code == 3);

  Command stranger = desk.command({"discover"});
  stranger.environment["HARBOR_PASSWORD"] = "wrong";
  CHECK(run(stranger).exit_code == 4);
  desk.harbor.cache({"ghcr", "team/app", "1"});
  desk.harbor.violate_policy({"ghcr", "team/app", "1"});
  CHECK(code({"resolve", "ghcr.io/team/app:1"}) == 4);

  desk.fails("quay", {.then = fault::Status{.status = 503}});
  CHECK(code({"resolve", "team/other:1"}) == 5);
  CHECK(code({"cache-inspect", "--server", "http://127.0.0.1:1"}) == 5);
  desk.harbor.clear_faults();

  desk.has("hub", "team/twice", "1", small_image("one"));
  desk.has("quay", "team/twice", "1", small_image("two"));
  const json conflict = desk.resolves({"--all", "team/twice:1"}, 6);
  CHECK(conflict["conflict"] == true);
}

TEST_CASE("a mistyped word gets the nearest right one, and a missing setting its name") {
  Desk desk;
  CHECK(desk.says({"resolv", "nginx"}).err.find("did you mean resolve?") != std::string::npos);
  CHECK(desk.says({"resolve", "--al", "nginx"}).err.find("did you mean --all?") !=
        std::string::npos);
  const Said wrong = desk.says({"resolve", "UPPER", "a b"});
  CHECK(wrong.err.find("\"UPPER\"") != std::string::npos);
  CHECK(wrong.err.find("\"a b\"") != std::string::npos);
  Command bare = desk.command({"resolve", "nginx"});
  bare.environment.erase("HARBOR_PASSWORD");
  const Said said = run(bare);
  CHECK(said.exit_code == 2);
  CHECK(said.err.find("HARBOR_PASSWORD is missing") != std::string::npos);
}

TEST_CASE("--get shows what the manifest holds, --platform one child of an index") {
  Desk desk;
  const Image image =
      stub::make_image({.seed = "multi", .platforms = {"linux/amd64", "linux/arm64"}});
  desk.has("ghcr", "team/multi", "1", image);
  const json index = desk.resolves({"--get", "team/multi:1"});
  REQUIRE(index["manifest"]["platforms"].size() >= 2);
  const json& child = index["manifest"]["platforms"][1];
  const json one = desk.resolves({"--platform", child["platform"], "team/multi:1"});
  CHECK(one["manifest"]["digest"] == child["digest"]);
  CHECK(one["manifest"]["layers"].size() == 1);
  CHECK(one["digest"] == index["digest"]);
  const json none = desk.resolves({"--platform", "plan9/mips", "team/multi:1"}, 3);
  CHECK(none["reason"] == "its index has no manifest for plan9/mips");
}

TEST_CASE("--user asks with a person's rights") {
  stub::Options options = three_projects();
  stub::Project secret = project("secret", "docker-registry", "https://registry.example.org");
  secret.visibility = stub::Visibility::private_project;
  options.projects.push_back(std::move(secret));
  options.accounts.push_back({.name = "alice", .password = "Alice-1", .projects = {"secret"}});
  options.accounts.push_back({.name = "bob", .password = "Bob-1"});
  Desk desk({}, std::move(options));
  desk.has("secret", "team/app", "1", small_image("app"));
  const auto asked_by = [&](const std::string& user, const std::string& password) {
    Command command = desk.command({"resolve", "-o", "name", "--user", user, "team/app:1"});
    command.input = password + "\n";
    return run(command);
  };
  CHECK(asked_by("alice", "Alice-1").out == "secret/team/app\n");
  CHECK(asked_by("bob", "Bob-1").exit_code == 4);
  CHECK(asked_by("alice", "wrong").exit_code == 4);
  Folder folder;
  const std::string file = folder.write("password", "Alice-1\n");
  CHECK(
      desk.says({"resolve", "--user", "alice", "--password-file", file, "team/app:1"}).exit_code ==
      0);
  CHECK(asked_by("alice", "").exit_code == 2);
  Command typed = desk.command({"resolve", "-o", "name", "--user", "alice", "team/app:1"});
  typed.input = "Alice-1\n";
  const Said seen = run_on_terminal(typed);
  CHECK(seen.exit_code == 0);
  CHECK(seen.out.starts_with("Password of alice: "));
  CHECK(seen.out.find("Alice-1") == std::string::npos);
}

TEST_CASE("in JSON an image that could not be asked for has its place too") {
  Desk desk;
  desk.has("ghcr", "team/app", "1", small_image("app"));
  const std::vector<std::string> nobody = {"--server", "http://127.0.0.1:1"};
  auto one = nobody, two = nobody;
  one.push_back("team/app:1");
  two.insert(two.end(), {"team/app:1", "nginx"});
  const json alone = desk.resolves(one, 5);
  CHECK(alone["image"] == "team/app:1");
  CHECK(alone["error"].get<std::string>().find("127.0.0.1:1") != std::string::npos);
  const json both = desk.resolves(two, 5);
  REQUIRE(both.size() == 2);
  CHECK(both[1]["image"] == "nginx");
}

TEST_CASE("with ROOT_REGISTRY a name without the proxy project is what serve takes it for") {
  Desk desk(Environment{{"ROOT_REGISTRY", "docker.io"}});
  desk.has("hub", "library/nginx", "1", small_image("nginx"));
  desk.has("quay", "library/nginx", "1", small_image("rival"));
  const Reply served = get(*desk.router, "/v2/library/nginx/manifests/1", {accepts_manifests()});
  REQUIRE(served.header("X-Harbor-Router-Project") == "hub");
  const std::string own = "127.0.0.1:" + std::to_string(desk.router->port()) + "/library/nginx:1";
  const json told = desk.resolves({"--server", desk.admin_url(), own});
  CHECK(told["project"] == "hub");
  CHECK(told["projects"].size() == 1);
  Command command = desk.command({"resolve", "-o", "name", own});
  command.environment["ROOT_REGISTRY"] = "docker.io";
  CHECK(run(command).out == "hub/library/nginx\n");
  CHECK(desk.resolves({own}, 3)["reason"] == "no proxy-cache project mirrors its registry");
}

TEST_CASE("images are also read from a file or standard input") {
  Desk desk;
  desk.has("ghcr", "team/app", "1", small_image("app"));
  desk.has("quay", "team/tool", "2", small_image("tool"));
  const std::string images = "# what we deploy\nteam/app:1\n\n  team/tool:2  \n";
  Folder folder;
  const std::string wanted = "ghcr/team/app\nquay/team/tool\n";
  CHECK(desk.says({"resolve", "-o", "name", "-f", folder.write("images", images)}).out == wanted);
  Command piped = desk.command({"resolve", "-o", "name", "-f", "-"});
  piped.input = images;
  CHECK(run(piped).out == wanted);
  const std::string one = folder.write("one", "\xef\xbb\xbfteam/app:1\n");  // as some editors begin
  const std::string two = folder.write("two", "team/none:1\nteam/tool:2\n");
  CHECK(desk.says({"resolve", "-o", "name", "-f", one, "-f", two}).out ==
        "ghcr/team/app\n-\nquay/team/tool\n");
}

TEST_CASE("without any network, the plan for an image") {
  Folder folder;
  std::string projects, projects_text;
  {
    Desk desk;
    const Said said = desk.says({"discover", "-o", "json"});
    CHECK(said.exit_code == 0);
    projects_text = said.out;
    projects = folder.write("projects.json", said.out);
  }
  const Said said =
      run({.arguments = {"resolve", "--projects", projects, "--dry-run", "-o", "json", "nginx"},
           .environment = {{"HARBOR_URL", "https://harbor.example.com"}}});
  CHECK_MESSAGE(said.exit_code == 0, said.err);
  const json plan = json::parse(said.out);
  CHECK(row_of(plan, "hub")["request"] ==
        "HEAD https://harbor.example.com/v2/hub/library/nginx/manifests/latest");
  CHECK(row_of(plan, "ghcr")["request"] ==
        "HEAD https://harbor.example.com/v2/ghcr/nginx/manifests/latest");
  const Said as_discovered =
      run({.arguments = {"resolve", "--projects", projects, "--dry-run", "-o", "json", "nginx"}});
  CHECK(row_of(json::parse(as_discovered.out), "hub")["request"] ==
        "HEAD " + json::parse(projects_text)["harbor"].get<std::string>() +
            "/v2/hub/library/nginx/manifests/latest");
  const Said none = run({.arguments = {"resolve", "--dry-run", "-o", "json", "nginx", "--projects",
                                       folder.write("none", "{\"projects\":[]}")}});
  CHECK(none.out.find("no proxy-cache project is known") != std::string::npos);
  const Said broken = run({.arguments = {"resolve", "--dry-run", "nginx", "--projects",
                                         folder.write("broken", "{\"projects\":[{}]}")}});
  CHECK(broken.exit_code == 2);
  CHECK(broken.err.find("project 1: ") != std::string::npos);
  CHECK(broken.err.find("json.exception") == std::string::npos);
}

TEST_CASE("tables fit the terminal, else 80 columns; colour and progress are for it alone") {
  Desk desk;
  const std::string name = "a-team-with-a-long-name/and-a-subsystem-of-it/with-an-application";
  desk.has("ghcr", name, "1.2.3-longer", small_image("app"));
  CHECK(get(*desk.router, "/v2/proxy/" + name + "/manifests/1.2.3-longer", {accepts_manifests()})
            .status == 200);
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"resolve", "--all", name + ":1.2.3-longer"},
           {"discover"},
           {"cache-inspect", "--server", desk.admin_url()},
           {"cache-inspect", "--server", desk.admin_url(), "--stats"}}) {
    const Said piped = desk.says(arguments);
    CHECK(piped.exit_code == 0);
    CHECK(piped.out.find('\x1b') == std::string::npos);
    CHECK(piped.out.find("...") == std::string::npos);  // programs get it whole
    CHECK(piped.err.find('\r') == std::string::npos);
    for (const std::size_t columns : {std::size_t{0}, std::size_t{120}}) {
      Command command = desk.command(arguments);
      command.environment["NO_COLOR"] = "1";
      if (columns != 0) command.environment["COLUMNS"] = std::to_string(columns);
      std::istringstream lines(run_on_terminal(command).out);
      for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.find(name) == std::string::npos)
          CHECK_MESSAGE(line.size() <= (columns == 0 ? 80 : columns), line);
      }
    }
  }
  Command two = desk.command({"resolve", name + ":1.2.3-longer", name + ":1.2.3-longer"});
  two.environment["TERM"] = "xterm";
  const Said seen = run_on_terminal(two);
  CHECK(seen.out.find("\x1b[32mghcr") != std::string::npos);
  CHECK(seen.out.find("2 of 2") != std::string::npos);
  Command plain = two;
  plain.environment["NO_COLOR"] = "1";
  CHECK(run_on_terminal(plain).out.find("\x1b[32m") == std::string::npos);
  plain = two;
  plain.arguments.push_back("--no-color");
  CHECK(run_on_terminal(plain).out.find("\x1b[32m") == std::string::npos);
  plain = two;
  plain.environment["TERM"] = "dumb";
  CHECK(run_on_terminal(plain).out.find('\x1b') == std::string::npos);
  plain.environment.erase("TERM");
  CHECK(run_on_terminal(plain).out.find('\x1b') == std::string::npos);
}

TEST_CASE("serve --check-config says what is set and where from, and no secret") {
  Command command{.arguments = {"serve", "--check-config", "--cache-ttl", "5s"},
                  .environment = {{"HARBOR_USERNAME", "robot$router"},
                                  {"HARBOR_PASSWORD", "hush-hush"},
                                  {"PROXY_PROJECT", "mirror"}}};
  const Said said = run(command);
  CHECK(said.exit_code == 0);
  CHECK(said.out.find("hush-hush") == std::string::npos);
  const auto has_row = [&](std::string_view setting, std::string_view value,
                           std::string_view from) {
    std::istringstream lines(said.out);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string a, b, c;
      words >> a >> b >> c;
      if (a == setting && b == value && c == from) return true;
    }
    return false;
  };
  CHECK(has_row("CACHE_TTL", "5s", "flag"));
  CHECK(has_row("PROXY_PROJECT", "mirror", "variable"));
  CHECK(has_row("RESOLVER_TIMEOUT", "10s", "default"));
  command.environment["CACHE_TTL"] = "5";
  command.arguments = {"serve", "--check-config"};
  CHECK(run(command).exit_code == 2);
  Desk desk;
  const Reply config = Client(desk.router->metrics_port()).get("/debug/config");
  CHECK(config.body.find("\"HARBOR_PASSWORD\",\"value\":\"(secret)\"") != std::string::npos);
  CHECK(config.body.find("Robot-1") == std::string::npos);
}

}  // namespace harbor_router::scenario
