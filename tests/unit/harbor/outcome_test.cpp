#include "harbor_router/harbor/outcome.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "harbor_router/oci/media_type.hpp"

using namespace harbor_router;
using namespace harbor_router::harbor;
using oci::Endpoint;

namespace {

const std::vector<Endpoint> endpoints = {Endpoint::manifests, Endpoint::blobs, Endpoint::tags,
                                         Endpoint::referrers};

std::string_view right_type(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::blobs:
      return "application/octet-stream";
    case Endpoint::tags:
      return "application/json";
    case Endpoint::manifests:
    case Endpoint::referrers:
      break;
  }
  return oci::oci_index;
}

}  // namespace

TEST_CASE("a status means the same at every endpoint, but for those that give something") {
  for (const Endpoint endpoint : endpoints)
    for (int status = 100; status < 600; ++status) {
      CAPTURE(oci::to_string(endpoint));
      CAPTURE(status);
      Outcome expected = Outcome::failed;
      if (status == 401 || status == 403) expected = Outcome::refused;
      if (status == 404) expected = Outcome::miss;
      if (status == 412) expected = Outcome::blocked;
      if (status == 429) expected = Outcome::limited;
      if (status == 408 || status == 504) expected = Outcome::timeout;
      if (status == 200) expected = Outcome::hit;
      if (endpoint == Endpoint::blobs)
        for (const int given : {206, 302, 303, 304, 307, 308, 416})
          if (status == given) expected = Outcome::hit;
      REQUIRE(outcome_of(endpoint, status, right_type(endpoint)) == expected);
    }
}

TEST_CASE("the portal's page with status 200 is no answer") {
  for (const Endpoint endpoint : endpoints)
    for (const std::string_view type : {"text/html", "text/html; charset=utf-8"})
      CHECK(outcome_of(endpoint, 200, type) == Outcome::failed);
}

TEST_CASE("a manifest must say that it is one") {
  for (const std::string_view type :
       {oci::oci_index, oci::oci_manifest, oci::docker_list, oci::docker_manifest,
        oci::docker_schema1, oci::docker_schema1_signed})
    CHECK(outcome_of(Endpoint::manifests, 200, type) == Outcome::hit);
  std::string with_parameter(oci::oci_index);
  with_parameter += "; charset=utf-8";
  CHECK(outcome_of(Endpoint::manifests, 200, with_parameter) == Outcome::hit);
  for (const std::string_view type : {"", "application/octet-stream", "text/plain"})
    CHECK(outcome_of(Endpoint::manifests, 200, type) == Outcome::failed);
}

TEST_CASE("a failure of the network is an outcome too") {
  using base::Errc;
  for (const Errc code : {Errc::timeout, Errc::connect_timeout})
    CHECK(outcome_of(code) == Outcome::timeout);
  CHECK(outcome_of(Errc::limited) == Outcome::limited);
  for (const Errc code :
       {Errc::resolve_failed, Errc::connect_failed, Errc::tls_failed, Errc::closed, Errc::protocol,
        Errc::too_large, Errc::digest_mismatch, Errc::refused_account, Errc::unexpected_answer,
        Errc::cancelled, Errc::io})
    CHECK(outcome_of(code) == Outcome::failed);
}

TEST_CASE("every outcome has a word of its own") {
  std::vector<std::string> words;
  for (const Outcome outcome :
       {Outcome::hit, Outcome::miss, Outcome::refused, Outcome::limited, Outcome::blocked,
        Outcome::failed, Outcome::timeout, Outcome::skipped})
    words.emplace_back(to_string(outcome));
  CHECK(words == std::vector<std::string>{"hit", "miss", "refused", "limited", "blocked", "failed",
                                          "timeout", "skipped"});
}
