// The routing core of serve without its ports, for commands that ask and end. What it finds is what
// a running router with the same settings would find.
//
// Lives on one thread; every call runs until its answers are there. What was asked and is not
// waited for is not unwound at the end: the process ends with std::_Exit after its last one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harbor_router/base/result.hpp"
#include "harbor_router/observe/log.hpp"
#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/server/document.hpp"
#include "harbor_router/server/settings.hpp"

namespace harbor_router::server {

struct ResolveRequest {
  std::string image;
  enum class Projects { until_decided, all } wait = Projects::until_decided;
  enum class Manifest { not_fetched, fetched } manifest = Manifest::not_fetched;
  std::string platform;  // of an index: which child to fetch
  std::string basic;     // whose rights, a whole Basic value; empty: the router's own account
};

class Inquiry {
 public:
  // Throws std::runtime_error when a file of the settings cannot be read. log and metrics must
  // outlive it.
  Inquiry(Settings settings, observe::Log& log, observe::Registry& metrics);
  ~Inquiry();

  // Asks Harbor for its projects, keeps them, and tells them as discover -o json does.
  [[nodiscard]] base::Result<Document> discover();
  // The projects that discover printed, in place of asking.
  [[nodiscard]] base::Result<void> use(const Json& discovered);

  // In the requests' order, at most 16 at a time; on_answer after each with how many there are.
  [[nodiscard]] std::vector<base::Result<Document>> resolve(
      const std::vector<ResolveRequest>& requests,
      const std::function<void(std::size_t)>& on_answer);
  // The candidates and what they would be asked.
  [[nodiscard]] base::Result<Document> plan(const ResolveRequest& request);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace harbor_router::server
