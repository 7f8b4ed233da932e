#include "harbor/answer_reading.hpp"

#include <chrono>
#include <ctime>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "harbor_router/oci/media_type.hpp"

using namespace harbor_router;
using namespace harbor_router::harbor;
using namespace std::chrono_literals;

namespace {

const std::string bytes = R"({"schemaVersion":2})";
const std::string other_digest = oci::Digest::of("something else").str();

Answer read(const std::string& head, const Question& question = {}) {
  http::ResponseHead parsed;
  const auto method =
      question.method == Method::head ? http::RequestMethod::head : http::RequestMethod::get;
  REQUIRE(http::parse_response_head(head, method, parsed).has_value());
  Answer answer;
  read_head_into(answer, question, parsed, {.host = "harbor.example.com", .port = 8080});
  return answer;
}

Answer checked(std::optional<oci::Digest> announced, const std::string& reference,
               const std::string& body = bytes) {
  Answer answer{.outcome = Outcome::hit,
                .digest = std::move(announced),
                .body = std::make_shared<const std::string>(body)};
  check_manifest(answer, {.method = Method::get, .reference = reference});
  return answer;
}

}  // namespace

TEST_CASE("what a client may need of an answer's head is kept") {
  const oci::Digest digest = oci::Digest::of(bytes);
  const Answer answer = read("HTTP/1.1 200 OK\r\nContent-Type: " + std::string(oci::oci_index) +
                             "\r\nContent-Length: 19\r\nDocker-Content-Digest: " + digest.str() +
                             "\r\nLink: </v2/p/x?n=1>; rel=\"next\"\r\nWarning: 299 - \"a\"\r\n"
                             "Warning: 299 - \"b\"\r\nOCI-Filters-Applied: artifactType\r\n"
                             "Set-Cookie: sid=1\r\n\r\n");
  CHECK(answer.outcome == Outcome::hit);
  CHECK(answer.status == 200);
  CHECK(answer.content_type == oci::oci_index);
  CHECK(answer.digest == digest);
  CHECK(answer.length == 19);
  CHECK(answer.link == "</v2/p/x?n=1>; rel=\"next\"");
  CHECK(answer.warnings == std::vector<std::string>{"299 - \"a\"", "299 - \"b\""});
  CHECK(answer.filters_applied == "artifactType");
  CHECK_FALSE(answer.retry_after);
  CHECK(answer.detail.empty());
}

TEST_CASE("a digest field that is empty or none is no digest") {
  CHECK_FALSE(read("HTTP/1.1 200 OK\r\nDocker-Content-Digest:\r\n\r\n").digest);
  CHECK_FALSE(read("HTTP/1.1 200 OK\r\nDocker-Content-Digest: sha256:12\r\n\r\n").digest);
  CHECK_FALSE(read("HTTP/1.1 200 OK\r\n\r\n").length);
}

TEST_CASE("Retry-After is read in seconds or as a date of any form, a day at most") {
  const auto after = [](const std::string& value) {
    return read("HTTP/1.1 429 Too Many Requests\r\nRetry-After: " + value + "\r\n\r\n").retry_after;
  };
  CHECK(after("7") == 7s);
  CHECK(after("0") == 0s);
  CHECK(after("Thu, 01 Jan 1970 00:00:00 GMT") == 0s);
  CHECK(after("Fri, 31 Dec 9999 23:59:59 GMT") == std::chrono::hours(24));
  for (const char* text : {"", "-1", "soon", "7x", "1.5", "1999999999999999999x",
                           "Thu, 01 Jan 1970 00:00:00 GMT and more"}) {
    CAPTURE(text);
    CHECK_FALSE(after(text));
  }
  for (const char* text :
       {"99999999999", "99999999999999999999999", "86401", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    CAPTURE(text);
    CHECK(after(text) == 24h);
  }
  const std::time_t in_an_hour = std::time(nullptr) + 3600;
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    CAPTURE(form);
    char date[64];
    std::strftime(date, sizeof date, form, std::gmtime(&in_an_hour));
    const auto delay = after(date);
    REQUIRE(delay);
    CHECK(*delay <= 3600s);
    CHECK(*delay > 3000s);
  }
}

TEST_CASE("a manifest without an announced digest gets its own") {
  const Answer answer = checked(std::nullopt, "latest");
  CHECK(answer.outcome == Outcome::hit);
  CHECK(answer.digest == oci::Digest::of(bytes));
  CHECK(answer.length == bytes.size());
}

TEST_CASE("a manifest of which no digest was announced is taken only whole") {
  for (const std::string& cut : {std::string(), bytes.substr(0, bytes.size() - 1)}) {
    Answer answer = checked(std::nullopt, "latest", cut);
    CHECK(answer.outcome == Outcome::failed);
    CHECK(answer.body == nullptr);
  }
}

TEST_CASE("a manifest that keeps to the digest asked for or announced is taken") {
  const oci::Digest digest = oci::Digest::of(bytes);
  CHECK(checked(digest, "latest").outcome == Outcome::hit);
  CHECK(checked(std::nullopt, digest.str()).digest == digest);
  // The digest asked for is what counts: a wrong field does no harm.
  const Answer answer = checked(oci::Digest::parse(other_digest), digest.str());
  CHECK(answer.outcome == Outcome::hit);
  CHECK(answer.digest == digest);
}

TEST_CASE("one that does not is no manifest at all") {
  const auto is_refused = [](const Answer& answer) {
    CHECK(answer.outcome == Outcome::failed);
    CHECK(answer.body == nullptr);
    CHECK(answer.detail.find(other_digest) != std::string::npos);
  };
  is_refused(checked(oci::Digest::parse(other_digest), "latest"));
  is_refused(checked(std::nullopt, other_digest));
  is_refused(checked(oci::Digest::of(bytes), other_digest));
}

TEST_CASE("a HEAD by digest that names another digest is no answer") {
  const std::string digest = oci::Digest::of(bytes).str();
  const auto outcome = [](const std::string& asked, const std::string& told) {
    return read("HTTP/1.1 200 OK\r\nContent-Type: " + std::string(oci::oci_manifest) +
                    "\r\nDocker-Content-Digest: " + told + "\r\n\r\n",
                {.method = Method::head, .reference = asked})
        .outcome;
  };
  CHECK(outcome(digest, digest) == Outcome::hit);
  CHECK(outcome(digest, "") == Outcome::hit);
  CHECK(outcome("latest", other_digest) == Outcome::hit);
  CHECK(outcome("sha512:" + std::string(128, 'a'), digest) == Outcome::hit);
  CHECK(outcome(digest, other_digest) == Outcome::failed);
}

TEST_CASE("a blob may be a page; what names no digest is the portal's") {
  const auto outcome = [](const std::string& field) {
    return read(
               "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n" + field + "\r\n",
               {.method = Method::get, .endpoint = oci::Endpoint::blobs, .reference = other_digest})
        .outcome;
  };
  CHECK(outcome("Docker-Content-Digest: " + other_digest + "\r\n") == Outcome::hit);
  CHECK(outcome("") == Outcome::failed);
}

TEST_CASE("only the digest of nothing may be answered with nothing") {
  const auto outcome = [](Method method, const std::string& asked) {
    return read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                {.method = method, .endpoint = oci::Endpoint::blobs, .reference = asked})
        .outcome;
  };
  const std::string sha512_of_nothing =
      "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
  for (const Method method : {Method::get, Method::head}) {
    CHECK(outcome(method, oci::Digest::of("").str()) == Outcome::hit);
    CHECK(outcome(method, sha512_of_nothing) == Outcome::hit);
    CHECK(outcome(method, other_digest) == Outcome::failed);
  }
  CHECK(
      read("HTTP/1.1 200 OK\r\n\r\n", {.endpoint = oci::Endpoint::blobs, .reference = other_digest})
          .outcome == Outcome::hit);  // HEAD, of a length nobody told
}

namespace {

Answer blob_answer(const std::string& head, std::string range = "",
                   std::string if_none_match = "") {
  return read("HTTP/1.1 " + head + "\r\n\r\n", {.method = Method::get,
                                                .endpoint = oci::Endpoint::blobs,
                                                .reference = other_digest,
                                                .range = std::move(range),
                                                .if_none_match = std::move(if_none_match)});
}

}  // namespace

TEST_CASE("a blob's answer to what was not asked is none") {
  const std::string part = "206 Partial Content\r\nContent-Length: 3\r\nContent-Range: bytes 1-3/9";
  const std::string beyond = "416 Range Not Satisfiable\r\nContent-Range: bytes */9";
  CHECK(blob_answer(part, "bytes=1-3").outcome == Outcome::hit);
  CHECK(blob_answer(beyond, "bytes=9-").outcome == Outcome::hit);
  CHECK(blob_answer("304 Not Modified", "", "\"x\"").outcome == Outcome::hit);
  CHECK(blob_answer(part).detail == "answered 206 though no range was asked for");
  CHECK(blob_answer(beyond).outcome == Outcome::failed);
  CHECK(blob_answer("304 Not Modified").outcome == Outcome::failed);
}

TEST_CASE("a part of a blob is one whose length is its range's") {
  const auto outcome = [](const std::string& fields) {
    return blob_answer("206 Partial Content\r\n" + fields, "bytes=10-99").outcome;
  };
  CHECK(outcome("Content-Length: 90\r\nContent-Range: bytes 10-99/100") == Outcome::hit);
  CHECK(outcome("Content-Length: 41\r\nContent-Range: bytes 10-50/100") == Outcome::hit);
  CHECK(outcome("Transfer-Encoding: chunked\r\nContent-Range: bytes 10-99/*") == Outcome::hit);
  CHECK(outcome("Content-Length: 70\r\nContent-Type: multipart/byteranges; boundary=x") ==
        Outcome::hit);
  for (const char* range : {"", "bytes 10-99", "bytes 99-10/100", "bytes 10-99/50", "bytes */100",
                            "bytes 10-100/200", "bytes 10-98/100"}) {
    CAPTURE(range);
    CHECK(outcome("Content-Length: 90\r\nContent-Range: " + std::string(range)) == Outcome::failed);
  }
  CHECK(outcome("Content-Length: 90") == Outcome::failed);
  CHECK(outcome("Content-Length: 0\r\nContent-Range: bytes 10-99/100") == Outcome::failed);
}

TEST_CASE("a redirect leads a client on, or is none") {
  const auto outcome = [](int status, const std::string& location) {
    return blob_answer(std::to_string(status) + " Elsewhere\r\nLocation: " + location).outcome;
  };
  for (const int status : {302, 303, 307, 308}) {
    CAPTURE(status);
    for (const char* there :
         {"https://s3.example.com/b?X-Amz-Signature=1", "HTTP://S3.example.com:9000",
          "http://harbor.example.com:8080/storage/x", "http://harbor.example.com:80/v2/x"}) {
      CAPTURE(there);
      CHECK(outcome(status, there) == Outcome::hit);
    }
    for (const char* nowhere :
         {"", "/v2/quay/team/app/blobs/x", "x", "//s3.example.com/x", "ftp://s3.example.com/x",
          "https:///x", "http://Harbor.example.com:8080/v2/quay/team/app/blobs/x"}) {
      CAPTURE(nowhere);
      CHECK(outcome(status, nowhere) == Outcome::failed);
    }
    CHECK(blob_answer(std::to_string(status) + " Elsewhere").outcome == Outcome::failed);
  }
}

TEST_CASE("what is coded in another way than asked for is no answer") {
  const std::string type = "200 OK\r\nContent-Type: " + std::string(oci::oci_manifest) + "\r\n";
  CHECK(blob_answer("200 OK\r\nContent-Encoding: identity").outcome == Outcome::hit);
  CHECK(blob_answer("200 OK\r\nContent-Encoding: gzip").detail ==
        "answered with Content-Encoding gzip");
  CHECK(read("HTTP/1.1 " + type + "\r\n").outcome == Outcome::hit);
  CHECK(read("HTTP/1.1 " + type + "Content-Encoding: gzip\r\n\r\n").outcome == Outcome::failed);
}

TEST_CASE("what failed is told by its status, and its type where it has one") {
  CHECK(read("HTTP/1.1 503 Unavailable\r\n\r\n").detail == "answered 503");
  CHECK(read("HTTP/1.1 503 Unavailable\r\nContent-Type: text/plain\r\n\r\n").detail ==
        "answered 503 text/plain");
}

TEST_CASE("a signed schema 1 manifest is told as what it is") {
  Answer answer{.outcome = Outcome::hit,
                .content_type = std::string(oci::docker_schema1_signed),
                .digest = oci::Digest::parse(other_digest),
                .body = std::make_shared<const std::string>(bytes)};
  check_manifest(answer, {.method = Method::get, .reference = "1"});
  CHECK(answer.outcome == Outcome::failed);
  CHECK(answer.detail.find("schema 1") != std::string::npos);
}

TEST_CASE("a failure says what it was, if need be by its kind") {
  Answer answer;
  fail(answer, base::failure(base::Errc::timeout, "no answer in time"));
  CHECK(answer.outcome == Outcome::timeout);
  CHECK(answer.detail == "no answer in time");
  fail(answer, base::failure(base::Errc::closed, ""));
  CHECK(answer.detail == base::to_string(base::Errc::closed));
}
