#include "server/pull_reply.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "harbor_router/oci/media_type.hpp"
#include "unit/server/replies.hpp"

using namespace harbor_router;
using namespace harbor_router::server;
using namespace harbor_router::testing;

namespace {

using Text = std::shared_ptr<const std::string>;

Text text(std::string_view value) {
  return std::make_shared<const std::string>(value);
}

const std::string bytes = R"({"schemaVersion":2})";
const std::string digest = oci::Digest::of(bytes).str();
const std::string quoted = '"' + digest + '"';

const std::string index_with_charset = "application/vnd.oci.image.index.v1+json; charset=utf-8";

harbor::Answer manifest() {
  return {.status = 200,
          .content_type = index_with_charset,
          .digest = oci::Digest::of(bytes),
          .length = bytes.size(),
          .location = "/v2/hub/library/nginx/manifests/1",
          .link = "</v2/hub/x>; rel=\"next\"",
          .warnings = {"299 - \"old\"", "299 - \"very old\""},
          .body = text(bytes)};
}

}  // namespace

TEST_CASE("a manifest goes out with its digest, its type alone, and its warnings") {
  const Reply reply = manifest_reply(chosen(manifest()), "");
  CHECK(reply.status == 200);
  CHECK(reply.body() == bytes);
  CHECK(reply.announced_length == bytes.size());
  CHECK(reply.project->name == "hub");
  CHECK(reply.cache == routing::CacheState::miss);
  CHECK(reply.fields ==
        "Warning: 299 - \"old\"\r\nWarning: 299 - \"very old\"\r\n"
        "Docker-Content-Digest: " +
            digest + "\r\nETag: " + quoted + "\r\nContent-Type: " + std::string(oci::oci_index) +
            "\r\n");
}

TEST_CASE("If-None-Match is answered 304 when it names the digest") {
  for (const std::string& field : std::vector<std::string>{
           quoted, "W/" + quoted, "\"x\", " + quoted, "\"x\" ,W/" + quoted, digest, "*"}) {
    CAPTURE(field);
    const Reply reply = manifest_reply(chosen(manifest()), field);
    CHECK(reply.status == 304);
    CHECK(reply.body().empty());
    CHECK(has_line(reply, "ETag: " + quoted));
    CHECK(has_line(reply, "Docker-Content-Digest: " + digest));
    CHECK_FALSE(has_field(reply, "Content-Type"));
  }
  const std::string other = '"' + oci::Digest::of("other").str() + '"';
  for (const std::string& field :
       std::vector<std::string>{"", other, "\"\"", digest.substr(7), "\"x" + digest + "\""}) {
    CAPTURE(field);
    CHECK(manifest_reply(chosen(manifest()), field).status == 200);
  }
}

TEST_CASE("a blob's reply carries what belongs to its status, and no path of Harbor's") {
  const oci::PullPath path = path_of("/v2/proxy/library/nginx/blobs/" + digest);
  const auto reply_to = [&path](harbor::Answer answer) {
    answer.link = "</v2/hub/x>; rel=\"next\"";
    routing::Resolution resolution{.kind = routing::Verdict::Kind::chosen, .project = hub()};
    resolution.blob = std::make_unique<harbor::Answer>(std::move(answer));
    return blob_reply(resolution, path);
  };
  const Reply whole = reply_to({.status = 200, .length = 5, .accept_ranges = "bytes"});
  CHECK(whole.fields ==
        "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n"
        "Docker-Content-Digest: " +
            digest + "\r\nETag: " + quoted + "\r\n");
  CHECK(whole.announced_length == 5);
  const Reply part =
      reply_to({.status = 206, .content_type = "a/b", .content_range = "bytes 1-2/5"});
  CHECK(part.status == 206);
  CHECK(has_line(part, "Content-Type: a/b"));
  CHECK(has_line(part, "Content-Range: bytes 1-2/5"));
  const Reply unchanged = reply_to({.status = 304});
  CHECK(unchanged.status == 304);
  CHECK(unchanged.fields == "ETag: " + quoted + "\r\n");
  const Reply beyond = reply_to({.status = 416, .length = 99, .content_range = "bytes */5"});
  CHECK(beyond.status == 416);
  CHECK(beyond.fields == "Content-Type: application/json\r\nContent-Range: bytes */5\r\n");
  CHECK(beyond.body().find("\"errors\"") != std::string_view::npos);
  CHECK_FALSE(beyond.announced_length);
  CHECK_FALSE(
      has_field(reply_to({.status = 416, .content_range = "bytes 0-4/5"}), "Content-Range"));
  for (const int status : {302, 303, 307, 308}) {
    const Reply elsewhere = reply_to({.status = status, .location = "https://s3.example/x?sig=1"});
    CHECK(elsewhere.status == status);
    CHECK(elsewhere.fields == "Location: https://s3.example/x?sig=1\r\n");
  }
}

TEST_CASE("a blob that the client has is not sent again, though Harbor would") {
  const oci::PullPath path = path_of("/v2/proxy/team/app/blobs/" + digest);
  for (const int status : {200, 206}) {
    const routing::Resolution whole = chosen({.status = status, .length = 10});
    const Reply reply = blob_reply(whole, path, quoted);
    CHECK(reply.status == 304);
    CHECK(has_line(reply, "ETag: " + quoted));
    CHECK_FALSE(has_field(reply, "Content-Type"));
    CHECK(blob_reply(whole, path, "").status == status);
  }
  CHECK(blob_reply(chosen({.status = 416}), path, quoted).status == 416);
}

TEST_CASE("a list of tags names what the client named, under each of the three prefixes") {
  struct Row {
    std::string target;
    std::string_view name, link;
  };
  for (const Row& row :
       std::vector<Row>{{"/v2/proxy/library/nginx/tags/list?n=2", "proxy/library/nginx",
                         "</v2/proxy/library/nginx/tags/list?last=2&n=2>; rel=\"next\""},
                        {"/proxy/v2/library/nginx/tags/list?n=2", "library/nginx",
                         "</proxy/v2/library/nginx/tags/list?last=2&n=2>; rel=\"next\""},
                        {"/v2/library/nginx/tags/list?n=2", "library/nginx",
                         "</v2/library/nginx/tags/list?last=2&n=2>; rel=\"next\""}}) {
    CAPTURE(row.target);
    harbor::Answer answer{.status = 200,
                          .content_type = "application/json; charset=utf-8",
                          .link = "</v2/hub/library/nginx/tags/list?last=2&n=2>; rel=\"next\"",
                          .body = text(R"({"name":"hub/library/nginx","tags":["1","2"]})")};
    const Reply reply = tags_reply(chosen(std::move(answer)), path_of(row.target));
    CHECK(reply.status == 200);
    CHECK(reply.body() == R"({"name":")" + std::string(row.name) + R"(","tags":["1","2"]})");
    CHECK(has_line(reply, "Link: " + std::string(row.link)));
    CHECK(has_line(reply, "Content-Type: application/json"));
  }
}

TEST_CASE("a last page has no link, and an empty one is a list") {
  const oci::PullPath path = path_of("/v2/proxy/nginx/tags/list");
  const Reply reply =
      tags_reply(chosen({.status = 200, .body = text(R"({"name":"hub/x","tags":null})")}), path);
  CHECK(reply.body() == R"({"name":"proxy/nginx","tags":[]})");
  CHECK_FALSE(has_field(reply, "Link"));
}

TEST_CASE("a list that is none is Harbor's failure") {
  const Reply reply = tags_reply(chosen({.status = 200, .body = text("<html></html>")}),
                                 path_of("/v2/proxy/nginx/tags/list"));
  CHECK(reply.status == 502);
  CHECK(reply.body().find("UNKNOWN") != std::string_view::npos);
}

TEST_CASE("referrers go out as they are, but for the link") {
  const oci::PullPath path = path_of("/proxy/v2/nginx/referrers/" + digest + "?artifactType=a/b");
  const Reply reply = referrers_reply(
      chosen({.status = 200,
              .content_type = index_with_charset,
              .link = "</v2/hub/library/nginx/referrers/" + digest + "?last=x>; rel=\"next\"",
              .filters_applied = "artifactType",
              .body = text(R"({"manifests":[{}]})")}),
      path);
  CHECK(reply.status == 200);
  CHECK(reply.body() == R"({"manifests":[{}]})");
  CHECK(has_line(reply, "Content-Type: " + std::string(oci::oci_index)));
  CHECK(has_line(reply, "OCI-Filters-Applied: artifactType"));
  CHECK(has_line(reply, "Link: </proxy/v2/nginx/referrers/" + digest + "?last=x>; rel=\"next\""));
}

TEST_CASE("no referrers are an empty index, never a 404") {
  const oci::PullPath path = path_of("/v2/proxy/nginx/referrers/" + digest);
  const Reply reply = referrers_reply({.kind = routing::Verdict::Kind::not_found}, path);
  CHECK(reply.status == 200);
  CHECK(reply.body() == R"({"schemaVersion":2,"mediaType":")" + std::string(oci::oci_index) +
                            R"(","manifests":[]})");
  CHECK(reply.fields == "Content-Type: " + std::string(oci::oci_index) + "\r\n");
}
