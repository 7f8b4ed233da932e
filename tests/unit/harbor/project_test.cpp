#include "harbor_router/harbor/project.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "unit/results.hpp"

using namespace harbor_router;
using namespace harbor_router::harbor;

namespace {

Project mirror_of(std::string_view type, std::string_view host) {
  return {.name = "p",
          .id = 1,
          .registry_id = 1,
          .registry = Registry{.id = 1, .type = std::string(type), .host = std::string(host)}};
}

}  // namespace

TEST_CASE("only projects with a registry are proxy caches") {
  const auto page = parse_projects_page(R"([
    {"project_id": 3, "name": "hub", "registry_id": 1, "metadata": {"public": "true"},
     "owner_name": "admin", "cve_allowlist": {"items": []}},
    {"project_id": 1, "name": "library", "metadata": {"public": "true"}},
    {"project_id": 4, "name": "zero", "registry_id": 0},
    {"project_id": 5, "name": "null", "registry_id": null},
    {"project_id": 7, "name": "quay.io", "registry_id": 2, "metadata": {"public": "false"}},
    {"project_id": 8, "name": "a_b-c", "registry_id": 3, "metadata": null},
    {"project_id": 9, "name": "plain", "registry_id": 3, "metadata": {"public": true}}])");
  REQUIRE(page);
  CHECK(page->entries == 7);
  REQUIRE(page->projects.size() == 4);
  CHECK(page->projects[0].name == "hub");
  CHECK(page->projects[0].id == 3);
  CHECK(page->projects[0].registry_id == 1);
  CHECK(page->projects[0].is_public);
  CHECK_FALSE(page->projects[0].registry);
  CHECK_FALSE(page->projects[1].is_public);
  CHECK_FALSE(page->projects[2].is_public);
  CHECK_FALSE(page->projects[3].is_public);  // metadata values are strings
}

TEST_CASE("an empty page is one, written as Go writes it too") {
  for (const std::string_view body : {"[]", "null", " [ ] "}) {
    CHECK(parse_projects_page(body).value().entries == 0);
    CHECK(parse_registries_page(body).value().empty());
  }
}

TEST_CASE("what is no page fails as a whole") {
  for (const std::string_view body :
       {"", "<!doctype html><html></html>", "{}", R"({"errors":[{"code":"UNAUTHORIZED"}]})", "7",
        "[1]", "[null]", R"([[]])", R"([{"project_id":1)", R"("text")"}) {
    CAPTURE(body);
    CHECK(parse_projects_page(body).error().code == base::Errc::unexpected_answer);
    CHECK(parse_registries_page(body).error().code == base::Errc::unexpected_answer);
  }
}

TEST_CASE("a page nested without end fails as one that is no JSON") {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  CHECK(parse_projects_page(deep).error().code == base::Errc::unexpected_answer);
  CHECK(parse_projects_page(R"([{"name":"a","metadata":)" + deep + "}]").has_error());
  CHECK(parse_registries_page(deep).has_error());
}

TEST_CASE("a proxy cache that cannot be named or told apart fails the page") {
  for (const std::string_view body :
       {R"([{"project_id": 1, "registry_id": 1}])",
        R"([{"project_id": 1, "registry_id": 1, "name": ""}])",
        R"([{"project_id": 1, "registry_id": 1, "name": 5}])",
        R"([{"project_id": 1, "registry_id": 1, "name": "a/b"}])",
        R"([{"project_id": 1, "registry_id": 1, "name": "../x"}])",
        R"([{"project_id": 1, "registry_id": 1, "name": "a\r\nX: 1"}])",
        R"([{"project_id": 0, "registry_id": 1, "name": "a"}])",
        R"([{"registry_id": 1, "name": "a"}])",
        R"([{"project_id": "1", "registry_id": 1, "name": "a"}])",
        R"([{"project_id": 1, "registry_id": "1", "name": "a"}])",
        R"([{"project_id": 1, "registry_id": 1.5, "name": "a"}])",
        R"([{"project_id": 1, "registry_id": -1, "name": "a"}])",
        R"([{"project_id": 1, "registry_id": {}, "name": "a"}])"}) {
    CAPTURE(body);
    CHECK(parse_projects_page(body).error().code == base::Errc::unexpected_answer);
  }
}

TEST_CASE("registries are read with the host clients name them by") {
  const auto registries = parse_registries_page(R"([
    {"id": 1, "name": "Hub", "type": "docker-hub", "url": "https://hub.docker.com",
     "status": "healthy", "credential": {"access_secret": "*****"}},
    {"id": 2, "type": "harbor", "url": "https://GHCR.io", "status": "unhealthy"},
    {"id": 3, "type": "docker-registry", "url": "http://registry.example:5000/"},
    {"id": 4}])");
  REQUIRE(registries);
  REQUIRE(registries->size() == 4);
  CHECK(registries->at(0).host == "docker.io");
  CHECK(registries->at(0).status == "healthy");
  CHECK(registries->at(1).host == "ghcr.io");
  CHECK(registries->at(1).type == "harbor");
  CHECK(registries->at(2).host == "registry.example:5000");
  CHECK(registries->at(3).host.empty());
}

TEST_CASE("the host of a registry's URL") {
  struct Row {
    std::string_view url, host;
  };
  for (const Row& row : std::vector<Row>{
           {"https://quay.io", "quay.io"},
           {"https://quay.io/", "quay.io"},
           {"https://Quay.IO/v2/path?x=1#y", "quay.io"},
           {"quay.io", "quay.io"},
           {"https://quay.io:443", "quay.io"},
           {"http://quay.io:80/", "quay.io"},
           {"https://quay.io:8443", "quay.io:8443"},
           {"https://user:pass@quay.io/x", "quay.io"},
           {"https://quay.io?x=a/b@c", "quay.io"},
           {"https://[2001:db8::1]:5000/", "[2001:db8::1]:5000"},
           {"https://hub.docker.com", "docker.io"},
           {"https://registry-1.docker.io", "docker.io"},
           {"index.docker.io", "docker.io"},
           {"https://registry.hub.docker.com/v2/", "docker.io"},
           {"docker.io", "docker.io"},
           {"https://123456789012.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com"},
           {"", ""},
       }) {
    CAPTURE(row.url);
    CHECK(registry_host(row.url) == row.host);
  }
}

TEST_CASE("a single name is under library/ at Docker Hub, and nowhere else") {
  CHECK(mirror_of("docker-hub", "docker.io").upstream_repository("nginx") == "library/nginx");
  CHECK(mirror_of("docker-hub", "docker.io").upstream_repository("org/app") == "org/app");
  CHECK(mirror_of("docker-hub", "docker.io").upstream_repository("library/nginx") ==
        "library/nginx");
  CHECK(mirror_of("quay", "quay.io").upstream_repository("nginx") == "nginx");
  CHECK(Project{.name = "unknown"}.upstream_repository("nginx") == "nginx");
}

TEST_CASE("which registry a project mirrors") {
  CHECK(mirror_of("docker-hub", "docker.io").mirrors("docker.io"));
  CHECK_FALSE(mirror_of("docker-hub", "docker.io").mirrors("quay.io"));
  CHECK_FALSE(mirror_of("quay", "").mirrors(""));
  CHECK_FALSE(Project{.name = "unknown"}.mirrors("docker.io"));
}

TEST_CASE("a list of projects is in order of name and is searched by id and registry") {
  Project zebra = mirror_of("quay", "quay.io"), ant{.name = "ant", .id = 7};
  zebra.name = "zebra";
  zebra.id = 5;
  const ProjectList list({zebra, ant});
  REQUIRE(list.size() == 2);
  CHECK(list.all()[0]->name == "ant");
  CHECK(list.all()[1]->name == "zebra");
  CHECK(list.by_id(5)->name == "zebra");
  CHECK(list.by_id(6) == nullptr);
  CHECK(list.mirrors("quay.io"));
  CHECK_FALSE(list.mirrors("docker.io"));
  CHECK(list.knows_registries());
  CHECK_FALSE(ProjectList({ant}).knows_registries());
  CHECK(ProjectList().size() == 0);
}

TEST_CASE("a project told twice is there once, and of one name the last made") {
  Project first = mirror_of("quay", "quay.io"), renamed = first, again = first;
  renamed.name = "q";
  again.id = 9;
  const ProjectList list({first, again, first});
  REQUIRE(list.size() == 1);
  CHECK(list.all()[0]->id == 9);
  CHECK(list.by_id(9) == list.all()[0]);
  CHECK(ProjectList({first, renamed}).size() == 1);
}
