#include "server/reply.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::server;

namespace {

constexpr HeadFacts facts{.date = "Thu, 01 Jan 2026 00:00:00 GMT", .request_id = "abc"};

std::string head_of(const Reply& reply, const HeadFacts& of = facts,
                    BodyLength coding = BodyLength::counted, std::uint64_t length = 0) {
  std::string head;
  append_head(head, reply, of, coding, length);
  return head;
}

}  // namespace

TEST_CASE("a head, byte by byte") {
  Reply reply{.status = 206,
              .project = std::make_shared<const harbor::Project>(harbor::Project{.name = "hub"}),
              .cache = routing::CacheState::hit};
  reply.add("Content-Type", "application/octet-stream");
  reply.add("Content-Range", "");
  reply.add("Retry-After", std::uint64_t{18446744073709551615U});
  CHECK(head_of(reply, facts, BodyLength::counted, 10737418240U) ==
        "HTTP/1.1 206 Partial Content\r\n"
        "Content-Type: application/octet-stream\r\n"
        "Retry-After: 18446744073709551615\r\n"
        "Content-Length: 10737418240\r\n"
        "Docker-Distribution-Api-Version: registry/2.0\r\n"
        "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
        "X-Request-Id: abc\r\n"
        "X-Harbor-Router-Project: hub\r\n"
        "X-Harbor-Router-Cache: hit\r\n"
        "\r\n");
}

TEST_CASE("a head without a project, a cache or a connection to keep") {
  HeadFacts last = facts;
  last.keep_alive = false;
  CHECK(head_of(Reply{.status = 304}, last, BodyLength::none) ==
        "HTTP/1.1 304 Not Modified\r\n"
        "Docker-Distribution-Api-Version: registry/2.0\r\n"
        "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
        "X-Request-Id: abc\r\n"
        "Connection: close\r\n"
        "\r\n");
}

TEST_CASE("a body is counted, chunked, or none, never two of them") {
  const std::string counted = head_of(Reply{}, facts, BodyLength::counted, 0);
  CHECK(counted.find("\r\nContent-Length: 0\r\n") != std::string::npos);
  CHECK(counted.find("Transfer-Encoding") == std::string::npos);
  const std::string chunked = head_of(Reply{}, facts, BodyLength::chunked, 5);
  CHECK(chunked.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(chunked.find("Content-Length") == std::string::npos);
}

TEST_CASE("a head goes behind what is there already") {
  std::string out = "before";
  append_head(out, Reply{}, facts, BodyLength::none, 0);
  CHECK(out.starts_with("beforeHTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a status without a phrase of its own still makes a status line") {
  CHECK(head_of(Reply{.status = 299}).starts_with("HTTP/1.1 299 \r\n"));
  for (const int status : {200, 206, 302, 303, 304, 307, 308, 400, 401, 403, 404,
                           405, 408, 412, 413, 416, 429, 431, 500, 502, 503, 504})
    CHECK_FALSE(reason_phrase(status).empty());
}

TEST_CASE("a shared body comes before one's own") {
  Reply reply{.own_body = "own"};
  CHECK(reply.body() == "own");
  reply.shared_body = std::make_shared<const std::string>("shared");
  CHECK(reply.body() == "shared");
}

TEST_CASE("an error is a body of the distribution spec") {
  const Reply reply = error_reply(404, {oci::ErrorCode::manifest_unknown, "no \"such\" tag"});
  CHECK(reply.status == 404);
  CHECK(reply.fields == "Content-Type: application/json\r\n");
  CHECK(reply.body() == oci::error_body({oci::ErrorCode::manifest_unknown, "no \"such\" tag"}));
  CHECK(reply.body().find("MANIFEST_UNKNOWN") != std::string::npos);
}
