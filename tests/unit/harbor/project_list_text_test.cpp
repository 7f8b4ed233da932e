#include "harbor_router/harbor/project_list_text.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::harbor;

namespace {

std::string list_of(const std::string& version, const std::string& discovered,
                    const std::string& id, const std::string& registry_id) {
  return R"({"version":)" + version + R"(,"discovered":)" + discovered +
         R"(,"projects":[{"name":"own","id":)" + id + R"(,"public":true,"registry":{"id":)" +
         registry_id + "}}]}";
}

}  // namespace

TEST_CASE("a list of projects is read as it was written") {
  const WallTime discovered{std::chrono::milliseconds(1'700'000'000'123)};
  const ProjectList list({{.name = "own", .id = 7, .is_public = true, .registry_id = 2}});
  const auto kept = parse_kept_projects(to_text(list, discovered));
  REQUIRE(kept);
  CHECK(kept->discovered == discovered);
  REQUIRE(kept->projects.size() == 1);
  CHECK(kept->projects[0].id == 7);
}

TEST_CASE("a number in a list of projects is whole, or the list is none") {
  CHECK(parse_kept_projects(list_of("1", "1", "7", "2")));
  CHECK_FALSE(parse_kept_projects(list_of("1.0", "1", "7", "2")));
  CHECK_FALSE(parse_kept_projects(list_of("1", "1.0", "7", "2")));
  CHECK_FALSE(parse_kept_projects(list_of("1", "1", "1.5", "2")));
  CHECK_FALSE(parse_kept_projects(list_of("1", "1", "7", "2.5")));
  CHECK_FALSE(parse_kept_projects(list_of("1", "1", "true", "2")));
  CHECK_FALSE(parse_kept_projects(list_of("1", "1", "18446744073709551615", "2")));
}

TEST_CASE("keys that nobody knows are passed over, however many") {
  std::string text = list_of("1", "1", "7", "2");
  text.pop_back();
  for (int i = 0; i < 300'000; ++i) text += ",\"" + std::to_string(i) + "\":0";
  CHECK(parse_kept_projects(text + '}'));
}

TEST_CASE("a list of projects nested without end is none") {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  std::string text = list_of("1", "1", "7", "2");
  text.pop_back();
  CHECK_FALSE(parse_kept_projects(text + ",\"more\":" + deep + '}'));
}
