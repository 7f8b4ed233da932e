// One image explained on a worker's thread: for /debug/resolve and for commands.
#pragma once

#include <string>

#include "server/explanation_json.hpp"
#include "server/worker.hpp"

namespace harbor_router::server {

struct ImageQuestion {
  std::string image;     // as written
  std::string asked_at;  // the Host of an operator's request; empty: asked on a command line
  routing::WaitFor wait = routing::WaitFor::verdict;
  enum class Fetch { nothing, manifest } fetch = Fetch::nothing;
  std::string platform;  // of an index, fetch this child: "linux/arm64"
  std::string basic;     // whose rights, a whole Basic value; empty: the router's own account
};

// Failure(invalid): no image name; refused_account: a wrong password; else why Harbor could not be
// asked at all. Everything Harbor says of the image is in the JSON. projects must be known.
[[nodiscard]] http::Awaitable<base::Result<Document>> explain_image(Worker& worker,
                                                                    ImageQuestion question);
// The candidates and the requests they would get, without any.
[[nodiscard]] base::Result<Document> planned_requests(Worker& worker,
                                                      const ImageQuestion& question);

}  // namespace harbor_router::server
