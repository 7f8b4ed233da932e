#include "harbor_router/routing/candidates.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "unit/routing/project_lists.hpp"

using namespace harbor_router;
using namespace harbor_router::routing;
using namespace harbor_router::testing;

namespace {

using Named = std::vector<std::pair<std::string, std::string>>;  // project and its repository

Named named(const Subject& subject, const harbor::ProjectList& projects, std::size_t limit = 50) {
  Named names;
  for (const Candidate& each : candidates_for(subject, projects, limit))
    names.emplace_back(each.project->name, each.repository);
  return names;
}

}  // namespace

TEST_CASE("a name alone is its own subject") {
  const auto projects = three_projects();
  CHECK(subject_of("nginx", "", projects) == Subject{"", "nginx"});
  CHECK(subject_of("library/nginx", "", projects) == Subject{"", "library/nginx"});
  CHECK(subject_of("org/team/app", "", projects) == Subject{"", "org/team/app"});
}

TEST_CASE("a registry in front of the name is a hint, if a project mirrors it") {
  const auto projects = three_projects();
  CHECK(subject_of("ghcr.io/org/app", "", projects) == Subject{"ghcr.io", "org/app"});
  CHECK(subject_of("docker.io/nginx", "", projects) == Subject{"docker.io", "nginx"});
  CHECK(subject_of("registry-1.docker.io/nginx", "", projects) == Subject{"docker.io", "nginx"});
  CHECK(subject_of("gcr.io/org/app", "", projects) == Subject{"", "gcr.io/org/app"});
  CHECK(subject_of("ghcr.io", "", projects) == Subject{"", "ghcr.io"});
  CHECK(subject_of("ghcr/org", "", projects) == Subject{"", "ghcr/org"});
}

TEST_CASE("a hint given apart counts, and the name is then taken as it is") {
  const auto projects = three_projects();
  CHECK(subject_of("org/app", "ghcr.io", projects) == Subject{"ghcr.io", "org/app"});
  CHECK(subject_of("org/app", "index.docker.io", projects) == Subject{"docker.io", "org/app"});
  CHECK(subject_of("org/app", "GHCR.io:443", projects) == Subject{"ghcr.io", "org/app"});
  CHECK(subject_of("quay.io/org", "ghcr.io", projects) == Subject{"ghcr.io", "quay.io/org"});
  CHECK(subject_of("org/app", "unknown.example", projects) ==
        Subject{"unknown.example", "org/app"});
}

TEST_CASE("both spellings of one image are one subject") {
  const auto projects = three_projects();
  CHECK(subject_of("ghcr.io/org/app", "", projects) == subject_of("org/app", "ghcr.io", projects));
}

TEST_CASE("a record is believed if its project, by name and id, is a candidate of its name") {
  const auto projects = three_projects();
  const auto believed = [&](const std::string& hint, const std::string& name, std::int64_t id,
                            std::size_t limit = 50) {
    return names_candidate(
        {.hint = hint, .repository = "org/app", .project = name, .project_id = id}, projects,
        limit);
  };
  CHECK(believed("", "quay", 3));
  CHECK(believed("quay.io", "quay", 3));
  CHECK_FALSE(believed("ghcr.io", "quay", 3));          // mirrors another registry
  CHECK_FALSE(believed("unknown.example", "quay", 3));  // and this is nobody's
  CHECK_FALSE(believed("", "quay", 2));
  CHECK_FALSE(believed("", "secret", 3));
  CHECK_FALSE(believed("", "quay", 3, 2));  // beyond MAX_FANOUT_PROJECTS
}

TEST_CASE("without a hint every project is asked, each by its own name for the image") {
  CHECK(named({"", "nginx"}, three_projects()) ==
        Named{{"ghcr", "nginx"}, {"hub", "library/nginx"}, {"quay", "nginx"}});
  CHECK(named({"", "org/app"}, three_projects()) ==
        Named{{"ghcr", "org/app"}, {"hub", "org/app"}, {"quay", "org/app"}});
}

TEST_CASE("a hint leaves only the mirrors of that registry") {
  CHECK(named({"docker.io", "nginx"}, three_projects()) == Named{{"hub", "library/nginx"}});
  CHECK(named({"quay.io", "org/app"}, three_projects()) == Named{{"quay", "org/app"}});
  CHECK(named({"unknown.example", "org/app"}, three_projects()).empty());
  const harbor::ProjectList two_mirrors(
      {project("b", 1, "docker-hub", "docker.io"), project("a", 2, "docker-hub", "docker.io")});
  CHECK(named({"docker.io", "x/y"}, two_mirrors) == Named{{"a", "x/y"}, {"b", "x/y"}});
}

TEST_CASE("projects whose registry is not known may mirror anything") {
  const harbor::ProjectList mixed({project("hub", 1, "docker-hub", "docker.io"),
                                   harbor::Project{.name = "secret", .id = 2, .registry_id = 2}});
  CHECK(named({"ghcr.io", "org/app"}, mixed) == Named{{"secret", "org/app"}});
  CHECK(named({"docker.io", "org/app"}, mixed) == Named{{"hub", "org/app"}});
  CHECK(named({"", "nginx"}, mixed) == Named{{"hub", "library/nginx"}, {"secret", "nginx"}});
}

TEST_CASE("no more than the limit are asked, the first by name") {
  CHECK(named({"", "x/y"}, three_projects(), 2) == Named{{"ghcr", "x/y"}, {"hub", "x/y"}});
  CHECK(named({"", "x/y"}, three_projects(), 0).empty());
  CHECK(named({"quay.io", "x/y"}, three_projects(), 1) == Named{{"quay", "x/y"}});
  CHECK(named({"", "x/y"}, harbor::ProjectList()).empty());
}
