#include "harbor_router/oci/request_path.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace harbor_router::oci;

namespace {

const std::string digest = "sha256:" + std::string(64, 'b');

PathRules without_root() {
  return {.proxy_project = "proxy", .root_registry = std::nullopt};
}
PathRules with_root() {
  return {.proxy_project = "proxy", .root_registry = "docker.io"};
}

PullPath pull(std::string_view target, const PathRules& rules = without_root()) {
  CAPTURE(target);
  const ParsedTarget parsed = parse_target(target, rules);
  REQUIRE(std::holds_alternative<PullPath>(parsed));
  return std::get<PullPath>(parsed);
}

struct Refusal {
  int status;
  ErrorCode code;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

Refusal refusal(std::string_view target, const PathRules& rules = without_root()) {
  CAPTURE(target);
  const ParsedTarget parsed = parse_target(target, rules);
  REQUIRE(std::holds_alternative<PathError>(parsed));
  const auto& error = std::get<PathError>(parsed);
  CHECK_FALSE(error.error.message.empty());
  return {error.status, error.error.code};
}

template <class T>
bool is(std::string_view target, const PathRules& rules = without_root()) {
  return std::holds_alternative<T>(parse_target(target, rules));
}

}  // namespace

TEST_CASE("the three forms name the same repository") {
  const PullPath below = pull("/v2/proxy/library/nginx/manifests/1.25");
  CHECK(below.endpoint == Endpoint::manifests);
  CHECK(below.repository.str() == "library/nginx");
  CHECK(below.reference->str() == "1.25");
  CHECK(below.client_prefix == "/v2/proxy/");
  CHECK_FALSE(below.hint);

  const PullPath above = pull("/proxy/v2/library/nginx/manifests/1.25");
  CHECK(above.repository == below.repository);
  CHECK(above.client_prefix == "/proxy/v2/");
  CHECK_FALSE(above.hint);

  const PullPath bare = pull("/v2/library/nginx/manifests/1.25", with_root());
  CHECK(bare.repository == below.repository);
  CHECK(bare.client_prefix == "/v2/");
  CHECK(bare.hint == "docker.io");
}

TEST_CASE("with a root registry the proxy project still wins") {
  const PullPath path = pull("/v2/proxy/nginx/manifests/latest", with_root());
  CHECK(path.client_prefix == "/v2/proxy/");
  CHECK(path.repository.str() == "nginx");
  CHECK_FALSE(path.hint);
}

TEST_CASE("every endpoint is told apart") {
  CHECK(pull("/v2/proxy/a/manifests/" + digest).reference->digest()->str() == digest);
  CHECK(pull("/v2/proxy/a/blobs/" + digest).endpoint == Endpoint::blobs);
  CHECK(pull("/v2/proxy/a/referrers/" + digest).endpoint == Endpoint::referrers);
  const PullPath tags = pull("/v2/proxy/a/tags/list");
  CHECK(tags.endpoint == Endpoint::tags);
  CHECK_FALSE(tags.reference);
  CHECK(std::string(to_string(Endpoint::referrers)) == "referrers");
}

TEST_CASE("names may hold what looks like an endpoint: the last one counts") {
  CHECK(pull("/v2/proxy/a/manifests/b/manifests/latest").repository.str() == "a/manifests/b");
  CHECK(pull("/v2/proxy/a/blobs/uploads/manifests/x").repository.str() == "a/blobs/uploads");
  CHECK(pull("/v2/proxy/tags/list/tags/list").repository.str() == "tags/list");
  CHECK(pull("/v2/proxy/manifests/manifests/manifests").repository.str() == "manifests");
  CHECK(pull("/v2/proxy/v2/manifests/1").repository.str() == "v2");
  CHECK(pull("/v2/proxy/proxy/x/manifests/1").repository.str() == "proxy/x");
}

TEST_CASE("the version check has four spellings, and a query does not matter") {
  for (const std::string_view target :
       {"/v2", "/v2/", "/proxy/v2", "/proxy/v2/", "/v2/?ns=docker.io"}) {
    CAPTURE(target);
    CHECK(is<ApiVersionCheck>(target));
  }
}

TEST_CASE("other paths are not of the registry") {
  for (const std::string_view target :
       {"", "/", "*", "/healthz", "/v1/x", "/v2x/y", "/proxy", "/proxy/", "/proxy/v2x", "/proxyv2/",
        "/service/token?scope=a", "v2/", "//v2/", "/other/v2/", "/%zz", "/x%2"}) {
    CAPTURE(target);
    CHECK(is<NotRegistry>(target));
  }
}

TEST_CASE("a bare name without root registry says which prefix is right") {
  const ParsedTarget parsed = parse_target("/v2/library/nginx/manifests/latest", without_root());
  const auto* error = std::get_if<PathError>(&parsed);
  REQUIRE(error != nullptr);
  CHECK(error->status == 404);
  CHECK(error->error.code == ErrorCode::name_unknown);
  CHECK(error->error.message.find("\"proxy/library/nginx\"") != std::string::npos);
  CHECK(refusal("/v2/proxyx/nginx/manifests/latest") == Refusal{404, ErrorCode::name_unknown});
  CHECK(refusal("/v2/x") == Refusal{404, ErrorCode::name_unknown});
}

TEST_CASE("names that break the grammar are NAME_INVALID") {
  for (const std::string_view target :
       {"/v2/proxy/A/manifests/x", "/v2/proxy//manifests/x", "/v2/proxy/manifests/x",
        "/v2/proxy/a//b/manifests/x", "/v2/proxy/../b/manifests/x", "/v2/proxy/./manifests/x",
        "/v2/proxy/a/%2e%2e/manifests/x", "/v2/proxy/a%2fb/manifests/x", "/v2/proxy/a%zz/tags/list",
        "/v2/proxy/a%00/tags/list", "/v2/proxy/a%/tags/list", "/v2/proxy/a%252e/tags/list",
        "/v2/proxy/a+b/tags/list", "/v2/proxy/a b/tags/list", "/v2/proxy/a/manifests/x#y",
        "/v2/proxy/a/tags/list?n=1#y", "/v2//a/manifests/x"}) {
    CAPTURE(target);
    CHECK(refusal(target, with_root()) == Refusal{400, ErrorCode::name_invalid});
  }
  const std::string longest(255, 'a');
  CHECK(pull("/v2/proxy/" + longest + "/manifests/x").repository.str() == longest);
  CHECK(refusal("/v2/proxy/" + longest + "a/manifests/x") == Refusal{400, ErrorCode::name_invalid});
}

TEST_CASE("what is wrong with an encoding is said") {
  const auto why = [](std::string_view target) {
    const ParsedTarget parsed = parse_target(target, without_root());
    const auto* error = std::get_if<PathError>(&parsed);
    return error == nullptr ? std::string() : error->error.message;
  };
  CHECK(why("/v2/proxy/o%2Fa/manifests/x") == "an encoded slash is no part of a name");
  CHECK(why("/v2/proxy/a%00/manifests/x") == "the path holds a NUL");
  CHECK(why("/v2/proxy/a%zz/manifests/x") == "the path is not well percent-encoded");
  CHECK(why("/v2/proxy/a/tags/list?last=%00") == "the query holds a NUL");
  CHECK(why("/v2/proxy/a/tags/list?last=%zz") == "the query is not well percent-encoded");
}

TEST_CASE("references that break the grammar") {
  CHECK(refusal("/v2/proxy/a/manifests/sha256:bad") == Refusal{400, ErrorCode::digest_invalid});
  CHECK(refusal("/v2/proxy/a/manifests/sha256%3Abad") == Refusal{400, ErrorCode::digest_invalid});
  CHECK(refusal("/v2/proxy/a/blobs/latest") == Refusal{400, ErrorCode::digest_invalid});
  CHECK(refusal("/v2/proxy/a/blobs/") == Refusal{400, ErrorCode::digest_invalid});
  CHECK(refusal("/v2/proxy/a/referrers/latest") == Refusal{400, ErrorCode::digest_invalid});
  CHECK(refusal("/v2/proxy/a/blobs/" + digest + "/") == Refusal{404, ErrorCode::unsupported});
  // The conformance suite asks for this one and wants 404.
  CHECK(refusal("/v2/proxy/a/manifests/.INVALID_MANIFEST_NAME") ==
        Refusal{404, ErrorCode::manifest_unknown});
  CHECK(refusal("/v2/proxy/a/manifests/") == Refusal{404, ErrorCode::manifest_unknown});
  CHECK(refusal("/v2/proxy/a/manifests/" + std::string(129, 'x')) ==
        Refusal{404, ErrorCode::manifest_unknown});
}

TEST_CASE("pushes, the catalog and unknown endpoints are UNSUPPORTED") {
  for (const std::string_view target : {"/v2/proxy/a/blobs/uploads", "/v2/proxy/a/blobs/uploads/",
                                        "/v2/proxy/a/blobs/uploads/7-f"}) {
    CHECK(refusal(target) == Refusal{405, ErrorCode::unsupported});
  }
  for (const std::string_view target :
       {"/v2/_catalog", "/v2/_catalog?n=5", "/proxy/v2/_catalog", "/v2/proxy/_catalog", "/v2/proxy",
        "/v2/proxy/", "/v2/proxy/a", "/v2/proxy/a/tags", "/v2/proxy/a/tags/list/",
        "/v2/proxy/a/tags/other", "/v2/proxy/a/manifests", "/proxy/v2/a/b/c"}) {
    CAPTURE(target);
    CHECK(refusal(target) == Refusal{404, ErrorCode::unsupported});
  }
}

TEST_CASE("ns is a hint in every form, lower-cased, and wins over the root registry") {
  CHECK(pull("/v2/proxy/a/manifests/x?ns=docker.io").hint == "docker.io");
  CHECK(pull("/proxy/v2/a/manifests/x?ns=127.0.0.1%3A5513").hint == "127.0.0.1:5513");
  CHECK(pull("/v2/a/manifests/x?ns=Quay.IO", with_root()).hint == "quay.io");
  CHECK(pull("/v2/a/manifests/x?ns=", with_root()).hint == "docker.io");
  CHECK(pull("/v2/proxy/a/manifests/x?ns=%5B::1%5D:80").hint == "[::1]:80");
  CHECK(pull("/v2/proxy/a/manifests/x?ns=a&ns=b").hint == "a");
  CHECK_FALSE(pull("/v2/proxy/a/manifests/x?ns=").hint);
  CHECK_FALSE(pull("/v2/proxy/a/manifests/x?ns").hint);
}

TEST_CASE("an ns that is no host is refused") {
  for (const std::string& ns :
       {std::string("a%2Fb"), std::string("http://x"), std::string("a%00"), std::string("a%0d%0a"),
        std::string("a@b"), std::string("a b"), std::string("%"), std::string(256, 'a')}) {
    CAPTURE(ns);
    const ParsedTarget parsed = parse_target("/v2/proxy/a/manifests/x?ns=" + ns, without_root());
    const auto* error = std::get_if<PathError>(&parsed);
    REQUIRE(error != nullptr);
    CHECK(error->status == 400);
  }
}

TEST_CASE("referrers keep every parameter, for a page's Link is the registry's own") {
  const PullPath path =
      pull("/v2/proxy/a/referrers/" + digest + "?artifactType=x&start=2&ns=quay.io&to%6ben=%2Fa+b");
  CHECK(path.query.others == "&start=2&token=%2Fa%20b");
  CHECK(path.query.ns == "quay.io");
  CHECK(pull("/v2/proxy/a/tags/list?start=2").query.others.empty());
}

TEST_CASE("pages and filters are read, other parameters dropped") {
  const PullPath tags = pull("/v2/proxy/a/tags/list?n=50&last=a%2Bb+c&x=%41");
  CHECK(tags.query.n == "50");
  CHECK(tags.query.last == "a+b c");
  CHECK_FALSE(tags.query.artifact_type);
  CHECK(pull("/v2/proxy/a/tags/list?n=0").query.n == "0");
  CHECK_FALSE(pull("/v2/proxy/a/tags/list?n=").query.n);
  CHECK(pull("/v2/proxy/a/referrers/" + digest + "?artifactType=application%2Fvnd.x%2Bjson")
            .query.artifact_type == "application/vnd.x+json");
  for (const std::string_view n : {"-1", "x", "1.5", "%31x", "1234567890123456789"}) {
    CAPTURE(n);
    CHECK(refusal("/v2/proxy/a/tags/list?n=" + std::string(n)) ==
          Refusal{400, ErrorCode::unsupported});
  }
  CHECK(refusal("/v2/proxy/a/tags/list?x=%zz") == Refusal{400, ErrorCode::unsupported});
}

TEST_CASE("percent-encoded segments are decoded once") {
  const PullPath path = pull("/v2/pro%78y/n%67inx/manifests/sha256%3A" + std::string(64, 'b'));
  CHECK(path.repository.str() == "nginx");
  CHECK(path.reference->str() == digest);
  CHECK(path.client_prefix == "/v2/proxy/");
}
