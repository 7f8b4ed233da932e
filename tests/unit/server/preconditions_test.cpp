#include "server/preconditions.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::server;

namespace {

const std::string blob_digest = "sha256:" + std::string(64, 'a'), tag = '"' + blob_digest + '"';

bool has_it(const std::vector<std::string>& lines) {
  http::Fields fields;
  for (const std::string& line : lines) fields.add("If-None-Match", line);
  return names_digest(fields.list("If-None-Match"), blob_digest);
}

std::string_view range_of(std::string_view method, const std::string& if_range) {
  http::RequestHead head;
  head.method = method;
  head.fields.add("Range", "bytes=1-");
  if (!if_range.empty()) head.fields.add("If-Range", if_range);
  return wanted_range(head, blob_digest);
}

}  // namespace

TEST_CASE("If-None-Match names a digest in any of its lines and forms") {
  CHECK(has_it({tag}));
  CHECK(has_it({"W/" + tag}));
  CHECK(has_it({blob_digest}));
  CHECK(has_it({"*"}));
  CHECK(has_it({"\"other\" , " + tag}));
  CHECK(has_it({"\"other\"", "W/" + tag}));
  CHECK(has_it({"\"other\"", "*"}));
  CHECK_FALSE(has_it({}));
  CHECK_FALSE(has_it({""}));
  CHECK_FALSE(has_it({"\"other\"", "\"another\""}));
  CHECK_FALSE(has_it({"\"*\""}));
  CHECK_FALSE(has_it({"\"" + blob_digest + "0\""}));
}

TEST_CASE("a Range is for GET, and under If-Range for the very tag") {
  CHECK(range_of("GET", "") == "bytes=1-");
  CHECK(range_of("GET", tag) == "bytes=1-");
  CHECK(range_of("HEAD", "").empty());
  CHECK(range_of("HEAD", tag).empty());
  CHECK(range_of("GET", "W/" + tag).empty());
  CHECK(range_of("GET", "\"other\"").empty());
  CHECK(range_of("GET", "Wed, 25 Nov 2026 20:00:00 GMT").empty());
}
