#include "server/verdict_reply.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "unit/server/replies.hpp"

using namespace harbor_router;
using namespace harbor_router::server;
using namespace harbor_router::testing;
using namespace std::chrono_literals;
using Kind = routing::Verdict::Kind;
using Who = harbor::Credentials::Kind;
using oci::Endpoint;

namespace {

const std::string unknown_digest = oci::Digest::of("x").str();

Asked asked(Who who = Who::service, Endpoint endpoint = Endpoint::manifests,
            std::string_view reference = "1") {
  return {
      .endpoint = endpoint, .name = "library/nginx", .reference = reference, .credentials = who};
}

routing::Resolution resolution(Kind kind, harbor::Answer answer = {.detail = "the words"}) {
  return {.kind = kind,
          .project = hub(),
          .answer = std::make_shared<const harbor::Answer>(std::move(answer))};
}

bool says(const Reply& reply, std::string_view text) {
  return reply.body().find(text) != std::string_view::npos;
}

}  // namespace

TEST_CASE("every verdict has its status and code, whoever asks") {
  struct Row {
    Kind kind;
    Who who;
    int status;
    std::string_view code;
  };
  const std::vector<Row> rows = {
      {Kind::not_found, Who::service, 404, "MANIFEST_UNKNOWN"},
      {Kind::not_found, Who::person, 404, "MANIFEST_UNKNOWN"},
      {Kind::not_found, Who::anonymous, 404, "MANIFEST_UNKNOWN"},
      {Kind::no_candidate, Who::service, 404, "NAME_UNKNOWN"},
      {Kind::refused, Who::service, 404, "MANIFEST_UNKNOWN"},
      {Kind::refused, Who::person, 404, "MANIFEST_UNKNOWN"},
      {Kind::refused, Who::anonymous, 401, "UNAUTHORIZED"},
      {Kind::all_refused, Who::service, 502, "UNKNOWN"},
      {Kind::all_refused, Who::person, 401, "UNAUTHORIZED"},
      {Kind::all_refused, Who::anonymous, 401, "UNAUTHORIZED"},
      {Kind::blocked, Who::service, 412, "DENIED"},
      {Kind::limited, Who::service, 429, "TOOMANYREQUESTS"},
      {Kind::timed_out, Who::service, 504, "UNKNOWN"},
      {Kind::failed, Who::service, 502, "UNKNOWN"},
      {Kind::unavailable, Who::service, 503, "UNKNOWN"},
      {Kind::waiting, Who::service, 500, "UNKNOWN"},
      {Kind::chosen, Who::service, 500, "UNKNOWN"},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.kind));
    CAPTURE(static_cast<int>(row.who));
    const Reply reply = verdict_reply(resolution(row.kind), asked(row.who));
    CHECK(reply.status == row.status);
    CHECK(says(reply, '"' + std::string(row.code) + '"'));
    CHECK(has_line(reply, "Content-Type: application/json"));
    CHECK_FALSE(has_field(reply, "WWW-Authenticate"));  // made by whoever knows the client's path
  }
}

TEST_CASE("absence has the code of what was asked for") {
  struct Row {
    Endpoint endpoint;
    std::string reference;
    std::string_view code, text;
  };
  for (const Row& row : std::vector<Row>{
           {Endpoint::manifests, "1", "MANIFEST_UNKNOWN", "library/nginx:1"},
           {Endpoint::manifests, unknown_digest, "MANIFEST_UNKNOWN", "library/nginx@sha256:"},
           {Endpoint::blobs, unknown_digest, "BLOB_UNKNOWN", "sha256:"},
           {Endpoint::tags, "", "NAME_UNKNOWN", "library/nginx"},
           {Endpoint::referrers, unknown_digest, "NAME_UNKNOWN", "library/nginx"}}) {
    const Reply reply =
        verdict_reply({.kind = Kind::not_found}, asked(Who::service, row.endpoint, row.reference));
    CHECK(reply.status == 404);
    CHECK(says(reply, row.code));
    CHECK(says(reply, row.text));
  }
}

TEST_CASE("absence claims no more than was asked") {
  Asked of_some = asked();
  of_some.limit = 2;
  of_some.candidates = 3;
  const Reply reply = verdict_reply({.kind = Kind::not_found}, of_some);
  CHECK(says(reply, "none of the 2 projects asked (of 3; MAX_FANOUT_PROJECTS) has library/nginx"));
  of_some.candidates = 2;
  CHECK(says(verdict_reply({.kind = Kind::not_found}, of_some), "no proxy-cache project has"));
}

TEST_CASE("a client is told when to come back") {
  const auto retry_after = [](Kind kind, std::optional<std::chrono::seconds> told) {
    return verdict_reply(resolution(kind, {.retry_after = told}), asked());
  };
  CHECK(has_line(retry_after(Kind::limited, 17s), "Retry-After: 17"));
  CHECK(has_line(retry_after(Kind::limited, std::nullopt), "Retry-After: 5"));
  CHECK(has_line(retry_after(Kind::unavailable, 30s), "Retry-After: 30"));
  CHECK(has_line(retry_after(Kind::unavailable, std::nullopt), "Retry-After: 2"));
  CHECK(has_line(retry_after(Kind::failed, 3s), "Retry-After: 3"));
  CHECK_FALSE(has_field(retry_after(Kind::failed, std::nullopt), "Retry-After"));
  CHECK_FALSE(has_field(retry_after(Kind::timed_out, std::nullopt), "Retry-After"));
}

TEST_CASE("who failed, and how, is in the message") {
  for (const Kind kind : {Kind::limited, Kind::timed_out, Kind::failed, Kind::unavailable}) {
    const Reply reply = verdict_reply(resolution(kind), asked());
    CHECK(says(reply, "project hub"));
    CHECK(says(reply, "the words"));
  }
}

TEST_CASE("a project that was not asked is named to nobody who may have no right to it") {
  for (const Who who : {Who::person, Who::anonymous}) {
    const Reply reply =
        verdict_reply(resolution(Kind::unavailable, {.retry_after = 30s}), asked(who));
    CHECK(reply.status == 503);
    CHECK_FALSE(says(reply, "hub"));
    CHECK(says(reply, "a project cannot be asked now"));
    CHECK(has_line(reply, "Retry-After: 30"));
  }
}

TEST_CASE("who failed without words is told by his status") {
  const Reply reply = verdict_reply(resolution(Kind::failed, {.status = 404}), asked());
  CHECK(says(reply, "project hub: answered 404"));
}

TEST_CASE("before the first discovery there is nobody to name") {
  const Reply reply = verdict_reply({.kind = Kind::unavailable}, asked());
  CHECK(reply.status == 503);
  CHECK(says(reply, "no proxy-cache project is known yet"));
  CHECK(has_line(reply, "Retry-After: 2"));
}

TEST_CASE("Harbor's own words about its policy are passed on") {
  const std::string words = R"({"errors":[{"code":"PROJECTPOLICYVIOLATION","message":"CVE"}]})";
  const Reply reply = verdict_reply(
      resolution(Kind::blocked, {.body = std::make_shared<const std::string>(words)}), asked());
  CHECK(reply.status == 412);
  CHECK(reply.body() == words);
  CHECK(has_line(reply, "Content-Type: application/json"));
}

TEST_CASE("a policy's words that are no error body are not passed on as one") {
  for (const char* words : {"<script>alert(1)</script>", "{}", R"({"errors":[]})", "[1]"}) {
    CAPTURE(words);
    const Reply reply = verdict_reply(
        resolution(Kind::blocked, {.body = std::make_shared<const std::string>(words)}), asked());
    CHECK(reply.status == 412);
    CHECK(says(reply, "DENIED"));
  }
}

TEST_CASE("a blob's answer counts as any other does") {
  routing::Resolution blob{
      .kind = Kind::limited, .project = hub(), .blob = std::make_unique<harbor::Answer>()};
  blob.blob->retry_after = 8s;
  CHECK(has_line(verdict_reply(blob, asked(Who::service, Endpoint::blobs, unknown_digest)),
                 "Retry-After: 8"));
}
