// Asks a running router at its METRICS_ADDR. One thread; every call waits for its answer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harbor_router/base/result.hpp"
#include "harbor_router/http/origin.hpp"
#include "harbor_router/server/document.hpp"

namespace harbor_router {

class RouterClient {
 public:
  // patience: for each answer.
  RouterClient(http::Origin router, std::chrono::nanoseconds patience);
  ~RouterClient();

  struct Request {
    enum class Method { get, remove } method = Method::get;
    std::string target;       // "/debug/cache?limit=10"
    std::string admin_token;  // empty: none is sent
  };
  // The JSON object of a 200. Failure: refused_account for 401 and 403, invalid for 400, else
  // unexpected_answer or what kept it from answering; detail names the router and its words.
  [[nodiscard]] base::Result<server::Document> ask(Request request);
  // In the requests' order, at most 16 at a time; on_answer after each with how many there are.
  [[nodiscard]] std::vector<base::Result<server::Document>> ask_all(
      const std::vector<Request>& requests, const std::function<void(std::size_t)>& on_answer);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace harbor_router
