#include "harbor_router/bench/requests.hpp"

#include <map>
#include <set>

#include <doctest/doctest.h>

#include "unit/results.hpp"

namespace harbor_router::bench {
namespace {

Weights weights_of(std::string_view text) {
  const auto parsed = parse_mix(text);
  REQUIRE(parsed);
  return *parsed;
}

Subject subject(std::string repository) {
  return {.repository = std::move(repository),
          .reference = "1",
          .digest = oci::Digest::of("manifest"),
          .blobs = {oci::Digest::of("config"), oci::Digest::of("layer")}};
}

std::string first_line(std::string_view request) {
  return std::string(request.substr(0, request.find("\r\n")));
}

TEST_CASE("weights are read, and every mistake in them is told") {
  CHECK(weights_of("manifest:8,head:1,blob:1") == Weights{8, 1, 1});
  CHECK(weights_of("blob") == Weights{0, 0, 1});
  for (const char* wrong : {"", "tags:1", "manifest:x", "manifest:1001", "manifest:-1",
                            "manifest:1,manifest:2", "manifest:0", "manifest:1,"}) {
    CAPTURE(wrong);
    const auto parsed = parse_mix(wrong);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().detail.find("write one such as") != std::string::npos);
  }
}

TEST_CASE("a mix keeps its weights in every cycle and spreads them") {
  const Mix mix(weights_of("manifest:8,head:1,blob:1"));
  std::map<Kind, std::uint64_t> seen;
  std::uint64_t last_other = 0, longest_run = 0;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    const Mix::Pick pick = mix.pick(n);
    CHECK(pick.nth == seen[pick.kind]++);
    if (pick.kind != Kind::manifest) last_other = n;
    longest_run = std::max(longest_run, n - last_other);
  }
  CHECK(seen[Kind::manifest] == 800);
  CHECK(seen[Kind::head] == 100);
  CHECK(seen[Kind::blob] == 100);
  CHECK(longest_run < 8);
}

TEST_CASE("large equal weights are one cycle of each") {
  const Mix mix(weights_of("manifest:1000,head:1000"));
  CHECK(mix.pick(0).kind != mix.pick(1).kind);
  CHECK(mix.pick(2).kind == mix.pick(0).kind);
  CHECK(mix.pick(2).nth == 1);
}

TEST_CASE("requests turn through images and blobs, whole and ready to send") {
  const Requests requests({.host = "router:8080", .weights = {2, 0, 2}},
                          {subject("proxy/a"), subject("proxy/b")});
  std::set<std::string> lines;
  std::string scratch;
  for (std::uint64_t n = 0; n < 8; ++n) {
    const auto request = requests.pick(n, scratch);
    lines.insert(first_line(request.bytes));
    CHECK(request.bytes.find("\r\nHost: router:8080\r\n") != std::string_view::npos);
    CHECK(request.bytes.ends_with("\r\n\r\n"));
    CHECK((request.digest != nullptr) == (request.bytes.find("/blobs/") != std::string_view::npos));
    CHECK_FALSE(request.may_be_missing);
  }
  CHECK(lines.size() == 6);
  CHECK(lines.contains("GET /v2/proxy/a/manifests/1 HTTP/1.1"));
  CHECK(lines.contains("GET /v2/proxy/b/blobs/" + oci::Digest::of("layer").str() + " HTTP/1.1"));
}

TEST_CASE("by digest, the manifest's digest is what is asked for and what must come") {
  const Requests requests({.host = "h", .ask_by = AskBy::digest}, {subject("a")});
  std::string scratch;
  const auto request = requests.pick(0, scratch);
  const std::string digest = oci::Digest::of("manifest").str();
  CHECK(first_line(request.bytes) == "GET /v2/a/manifests/" + digest + " HTTP/1.1");
  REQUIRE(request.digest != nullptr);
  CHECK(request.digest->str() == digest);
}

TEST_CASE("cold names are new with every request and with every run") {
  const auto line = [](std::string run, std::uint64_t number) {
    const Requests requests(
        {.host = "h", .weights = {0, 1, 0}, .names = Names::never_seen, .run = std::move(run)},
        {subject("a")});
    std::string scratch;
    const auto request = requests.pick(number, scratch);
    CHECK(request.may_be_missing);
    CHECK(request.method == http::RequestMethod::head);
    return first_line(request.bytes);
  };
  CHECK(line("x1", 7) == "HEAD /v2/a-cold-x1-7/manifests/1 HTTP/1.1");
  CHECK(line("x1", 8) != line("x1", 7));
  CHECK(line("x2", 7) != line("x1", 7));
}

TEST_CASE("a mix of blobs needs an image that has some") {
  Subject bare{.repository = "a", .reference = "1"};
  CHECK_THROWS_AS(Requests({.host = "h", .weights = {1, 0, 1}}, {bare}), std::invalid_argument);
}

TEST_CASE("an authorization goes along") {
  Subject mine = subject("a");
  mine.authorization = "Bearer t";
  const Requests requests({.host = "h"}, {mine});
  std::string scratch;
  CHECK(requests.pick(0, scratch).bytes.find("\r\nAuthorization: Bearer t\r\n") !=
        std::string_view::npos);
}

}  // namespace
}  // namespace harbor_router::bench
