#include "server/token_scopes.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "harbor_router/base/base64.hpp"
#include "unit/routing/project_lists.hpp"
#include "unit/server/replies.hpp"

using namespace harbor_router;
using namespace harbor_router::server;

namespace {

const oci::PathRules proxy_alone{.proxy_project = "proxy"};
const oci::PathRules with_docker_io{.proxy_project = "proxy", .root_registry = "docker.io"};

using Scopes = std::vector<std::string>;

Scopes translated(std::string_view scope, const oci::PathRules& paths = proxy_alone) {
  const harbor::ProjectList projects = testing::three_projects();
  return upstream_scopes(scope, {.paths = paths, .projects = projects});
}

// mirror-00, mirror-01, ...: names of the length people give.
harbor::ProjectList many_projects(int count) {
  std::vector<harbor::Project> projects;
  for (int i = 0; i < count; ++i) {
    const std::string name = "mirror-" + std::to_string(i / 10) + std::to_string(i % 10);
    projects.push_back(testing::project(name, i + 1, "docker-registry", name + ".example.org"));
  }
  return harbor::ProjectList(std::move(projects));
}

// What Harbor's access list of these scopes takes in a token, for somebody who may pull alone.
std::size_t bytes_in_token(const Scopes& scopes) {
  std::string access;
  for (const std::string& scope : scopes) {
    const std::string name = scope.substr(11, scope.rfind(':') - 11);
    access += R"({"type":"repository","class":"","name":")" + name + R"(","actions":["pull"]},)";
  }
  return base::base64_encode(access).size();
}

}  // namespace

TEST_CASE("a scope of the proxy project is one for each candidate, for pull alone") {
  const Scopes expected = {"repository:ghcr/nginx:pull", "repository:hub/library/nginx:pull",
                           "repository:quay/nginx:pull"};
  CHECK(translated("repository:proxy/nginx:pull") == expected);
  CHECK(translated("repository:proxy/nginx:pull,push") == expected);
  CHECK(translated("repository:proxy/nginx:*") == expected);
}

TEST_CASE("a scope with a class is one of that class for each candidate") {
  CHECK(translated("repository(plugin):proxy/quay.io/org/app:pull,push") ==
        Scopes{"repository(plugin):quay/org/app:pull"});
  CHECK(translated("repository(image):proxy/quay.io/a:pull repository:proxy/quay.io/b:pull") ==
        Scopes{"repository(image):quay/a:pull", "repository:quay/b:pull"});
}

TEST_CASE("a host in the name narrows the scopes to its project") {
  CHECK(translated("repository:proxy/quay.io/org/app:pull") ==
        Scopes{"repository:quay/org/app:pull"});
}

TEST_CASE("all other scopes pass as they are") {
  for (const char* scope :
       {"repository:library/own:pull,push", "repository:proxy:pull", "repository:proxyx/app:pull",
        "repository(plugin):team/app:pull", "registry:catalog:*", "registry(x):proxy/app:pull",
        "repository:proxy/UPPER:pull", "nonsense", "repository:proxy/nginx"}) {
    CAPTURE(scope);
    CHECK(translated(scope) == Scopes{scope});
  }
}

TEST_CASE("several scopes in one value are translated each for itself") {
  CHECK(translated("repository:team/app:pull,push repository:proxy/ghcr.io/org/app:pull") ==
        Scopes{"repository:team/app:pull,push", "repository:ghcr/org/app:pull"});
}

TEST_CASE("a scope that is none does not keep the one beside it from being translated") {
  CHECK(translated("nonsense repository:proxy/ghcr.io/org/app:pull") ==
        Scopes{"nonsense", "repository:ghcr/org/app:pull"});
}

TEST_CASE("several names share one budget, and each project is named once") {
  CHECK(translated("repository:proxy/quay.io/a:pull repository:proxy/quay.io/b:pull "
                   "repository:proxy/quay.io/a:pull team team") ==
        Scopes{"team", "repository:quay/a:pull"});
  const harbor::ProjectList projects = many_projects(50);
  const harbor::ProjectPointer last = projects.by_id(50);
  const ScopeRules rules{.paths = proxy_alone,
                         .projects = projects,
                         .known = [&last](const routing::Subject& subject) {
                           return subject.repository == "some-team/e" ? last : nullptr;
                         }};
  std::string names;
  for (const char* name : {"a", "b", "c", "d", "e"})
    names += "repository:proxy/some-team/" + std::string(name) + ":pull ";
  const Scopes scopes = upstream_scopes(names, rules);
  CHECK(scopes.size() > 40);
  CHECK(scopes.front() == "repository:mirror-49/some-team/e:pull");
  CHECK(bytes_in_token(scopes) < token_budget_bytes);
}

TEST_CASE("where no project has it the client's own name goes to Harbor, for pull alone") {
  const harbor::ProjectList none, quay_alone({testing::project("quay", 1, "quay", "quay.io")});
  const auto passed = [](std::string_view scope, const harbor::ProjectList& projects) {
    return upstream_scopes(scope, {.paths = with_docker_io, .projects = projects});
  };
  const Scopes bare = {"repository:nginx:pull"}, proxied = {"repository:proxy/x:pull"};
  for (const std::string actions : {"pull", "push,pull", "*", ""}) {
    CAPTURE(actions);
    CHECK(passed("repository:nginx:" + actions, quay_alone) == bare);
    CHECK(passed("repository:proxy/x:" + actions, none) == proxied);
  }
  CHECK(passed("repository(plugin):nginx:push", none) == Scopes{"repository(plugin):nginx:pull"});
}

TEST_CASE("how many scopes one token may have") {
  std::string scopes;
  for (std::size_t i = 0; i < max_scopes; ++i) scopes += " s" + std::to_string(i) + " ";
  CHECK_FALSE(are_too_many(""));
  CHECK_FALSE(are_too_many(scopes));
  CHECK(are_too_many(scopes + "s0"));
}

TEST_CASE("which scopes name an image here does not depend on the projects") {
  const harbor::ProjectList none;
  const auto ours = [&none](std::string_view scopes, const oci::PathRules& paths = proxy_alone) {
    return name_an_image(scopes, {.paths = paths, .projects = none});
  };
  CHECK(ours("repository:proxy/nginx:pull"));
  CHECK(ours("nonsense repository:proxy/nginx:pull"));
  CHECK(ours("repository:nginx:pull", with_docker_io));
  CHECK_FALSE(ours("repository:nginx:pull"));
  CHECK_FALSE(ours("registry:catalog:*"));
  CHECK_FALSE(ours(""));
}

TEST_CASE("the name to ask a token for says the registry where ns= alone does") {
  const harbor::ProjectList projects(
      {testing::project("hub", 1, "docker-hub", "docker.io"),
       testing::project("quay", 2, "quay", "quay.io"),
       testing::project("own", 3, "docker-registry", "registry.example.org:5000")});
  const ScopeRules rules{.paths = with_docker_io, .projects = projects};
  struct Row {
    std::string_view target;
    std::string name;
    Scopes scopes;
  };
  for (const Row& row : std::vector<Row>{
           {"/v2/org/app/manifests/1", "org/app", {"repository:hub/org/app:pull"}},
           {"/v2/org/app/manifests/1?ns=docker.io", "org/app", {"repository:hub/org/app:pull"}},
           {"/v2/org/app/manifests/1?ns=quay.io",
            "proxy/quay.io/org/app",
            {"repository:quay/org/app:pull"}},
           {"/v2/proxy/org/app/manifests/1?ns=quay.io",
            "proxy/quay.io/org/app",
            {"repository:quay/org/app:pull"}},
           {"/proxy/v2/nginx/tags/list?ns=registry-1.docker.io",
            "proxy/docker.io/nginx",
            {"repository:hub/library/nginx:pull"}},
           {"/v2/proxy/org/app/manifests/1?ns=registry.example.org:5000",
            "proxy/registry.example.org:5000/org/app",
            {"repository:own/org/app:pull"}},
           {"/v2/proxy/quay.io/org/app/manifests/1",
            "proxy/quay.io/org/app",
            {"repository:quay/org/app:pull"}},
           {"/v2/proxy/org/app/manifests/1?ns=elsewhere.example.org",
            "proxy/org/app",
            {"repository:hub/org/app:pull", "repository:own/org/app:pull",
             "repository:quay/org/app:pull"}}}) {
    CAPTURE(row.target);
    const std::string name = scope_name(testing::path_of(row.target), rules);
    CHECK(name == row.name);
    CHECK(upstream_scopes("repository:" + name + ":pull", rules) == row.scopes);
  }
}

TEST_CASE("a bare name is ours with a root registry alone") {
  CHECK(translated("repository:nginx:pull") == Scopes{"repository:nginx:pull"});
  CHECK(translated("repository:nginx:pull", with_docker_io) ==
        Scopes{"repository:hub/library/nginx:pull"});
  CHECK(translated("repository:library/nginx:pull", with_docker_io) ==
        Scopes{"repository:hub/library/nginx:pull"});
}

TEST_CASE("forty projects fit into a token whole, fifty as far as it stays under 8 KiB") {
  const std::string name = "repository:proxy/some-team/application:pull";
  const harbor::ProjectList forty = many_projects(40), fifty = many_projects(50);
  const Scopes all = upstream_scopes(name, {.paths = proxy_alone, .projects = forty});
  CHECK(all.size() == 40);
  CHECK(bytes_in_token(all) < token_budget_bytes);
  const Scopes cut = upstream_scopes(name, {.paths = proxy_alone, .projects = fifty});
  CHECK(cut.size() >= 40);
  CHECK(cut.size() < 50);
  CHECK(bytes_in_token(cut) < token_budget_bytes);
}

TEST_CASE("the project a mapping names comes first, so that it is never the one left out") {
  const harbor::ProjectList projects = many_projects(50);
  const harbor::ProjectPointer last = projects.by_id(50);
  REQUIRE(last);
  const ScopeRules rules{.paths = proxy_alone,
                         .projects = projects,
                         .known = [&last](const routing::Subject& subject) {
                           CHECK(subject.repository == "some-team/application");
                           return last;
                         }};
  const Scopes scopes = upstream_scopes("repository:proxy/some-team/application:pull", rules);
  CHECK(scopes.front() == "repository:" + last->name + "/some-team/application:pull");
  CHECK(std::count(scopes.begin(), scopes.end(), scopes.front()) == 1);
  CHECK(scopes[1] == "repository:mirror-00/some-team/application:pull");
  CHECK(bytes_in_token(scopes) < token_budget_bytes);
}

TEST_CASE("one name alone always has a scope, however long") {
  const harbor::ProjectList projects = many_projects(2);
  const std::string long_name = "a/" + std::string(200, 'b');
  CHECK_FALSE(candidate_scopes({.hint = "", .repository = long_name},
                               {.paths = proxy_alone, .projects = projects})
                  .empty());
}

TEST_CASE("no more candidates are named than are asked") {
  const harbor::ProjectList projects = many_projects(10);
  CHECK(candidate_scopes({.hint = "", .repository = "a/b"},
                         {.paths = proxy_alone, .projects = projects, .max_fanout = 3})
            .size() == 3);
}
