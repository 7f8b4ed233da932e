// The answers of a Harbor, one function a room of its API. Called with Harbor locked; no I/O.
#pragma once

#include "stub/answer.hpp"
#include "stub/harbor.hpp"
#include "stub/request.hpp"

namespace harbor_router::stub {

// By endpoint, and the headers all of Harbor's answers have (X-Request-Id, session cookie).
[[nodiscard]] Answer harbor_answer(Harbor& harbor, const Request& request);

[[nodiscard]] Answer api_answer(Harbor& harbor, const Request& request);       // /api/v2.0/
[[nodiscard]] Answer token_answer(Harbor& harbor, const Request& request);     // /service/token
[[nodiscard]] Answer registry_answer(Harbor& harbor, const Request& request);  // /v2/

// The content of /v2/, after v2auth has let the caller through to the project.
struct Place {
  Harbor& harbor;
  HeldProject& project;
  HeldRepository* repository = nullptr;  // null: no such repository
};
[[nodiscard]] Answer manifest_answer(const Place& place, const Request& request);
[[nodiscard]] Answer blob_answer(const Place& place, const Request& request);
[[nodiscard]] Answer tags_answer(const Place& place, const Request& request);
// The page of sorted tags that the request's n and last ask for.
[[nodiscard]] Answer tags_page(const Request& request, const std::vector<std::string>& tags);
[[nodiscard]] Answer referrers_answer(const Place& place, const Request& request);
[[nodiscard]] Answer storage_answer(Harbor& harbor, const Request& request);

}  // namespace harbor_router::stub
