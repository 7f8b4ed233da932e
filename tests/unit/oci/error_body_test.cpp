#include "harbor_router/oci/error_body.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using harbor_router::oci::error_body;
using harbor_router::oci::ErrorCode;
using harbor_router::oci::is_error_body;

TEST_CASE("an error body is the JSON of the distribution spec") {
  CHECK(error_body({.code = ErrorCode::manifest_unknown, .message = "manifest unknown"}) ==
        R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})");
  CHECK(to_string(ErrorCode::too_many_requests) == "TOOMANYREQUESTS");
  CHECK(to_string(ErrorCode::unknown) == "UNKNOWN");
}

TEST_CASE("whatever the message holds, the body is JSON that says it") {
  const auto body = nlohmann::json::parse(
      error_body({.code = ErrorCode::denied, .message = "no \"x\"\n\\ \x01"}));
  CHECK(body["errors"][0]["message"] == "no \"x\"\n\\ \x01");
  CHECK(nlohmann::json::accept(error_body({.code = ErrorCode::denied, .message = "\xFF"})));
}

TEST_CASE("an error body of somebody else's is known by its errors' codes") {
  CHECK(is_error_body(R"({"errors":[{"code":"DENIED","message":"x"}],"more":1})"));
  CHECK(is_error_body(error_body({.code = ErrorCode::denied, .message = "x"})));
  for (const char* body : {"", "<html>", "[]", "{}", R"({"errors":[]})", R"({"errors":{}})",
                           R"({"errors":["x"]})", R"({"errors":[{"code":1}]})"})
    CHECK_FALSE(is_error_body(body));
}
