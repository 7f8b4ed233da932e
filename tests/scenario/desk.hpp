// An operator's desk: the three projects and their Harbor, a router, and the commands beside it.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "scenario/command.hpp"
#include "scenario/world.hpp"

namespace harbor_router::scenario {

using nlohmann::json;

class Desk : public World {
 public:
  explicit Desk(Environment more = {}, stub::Options options = three_projects())
      : World(std::move(more), std::move(options)) {}

  [[nodiscard]] Command command(std::vector<std::string> arguments) const {
    Command made{.arguments = std::move(arguments),
                 .environment = {{"HARBOR_URL", harbor.url()},
                                 {"HARBOR_USERNAME", "robot$router"},
                                 {"HARBOR_PASSWORD", "Robot-1"},
                                 {"RETRY_MAX_ATTEMPTS", "0"}}};
    return made;
  }
  [[nodiscard]] Said says(std::vector<std::string> arguments) const {
    return run(command(std::move(arguments)));
  }
  [[nodiscard]] json resolves(std::vector<std::string> arguments, int wanted_exit_code = 0) const {
    arguments.insert(arguments.begin(), {"resolve", "-o", "json"});
    const Said said = says(std::move(arguments));
    CHECK_MESSAGE(said.exit_code == wanted_exit_code, said.err);
    return json::parse(said.out);
  }
  [[nodiscard]] std::string admin_url() const {
    return "http://127.0.0.1:" + std::to_string(router->metrics_port());
  }
  // What the router remembers of the images that are meant.
  [[nodiscard]] json entries(const std::string& pattern) const {
    const Said said = says({"cache-inspect", "--server", admin_url(), "-o", "json", pattern});
    CHECK(said.exit_code == 0);
    return json::parse(said.out)["entries"];
  }
  [[nodiscard]] std::size_t remembered(const std::string& pattern) const {
    return entries(pattern).size();
  }
};

inline json row_of(const json& resolution, const std::string& project) {
  for (const json& row : resolution["projects"])
    if (row["project"] == project) return row;
  return {};
}

// A folder of its own, gone with it.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "toolkit-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name) << content;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace harbor_router::scenario
