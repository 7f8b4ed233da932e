// Blobs whose answers are not what was asked for: odd ranges, no lengths, nothing at all.
#include <algorithm>

#include <doctest/doctest.h>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

namespace {

// A blob of quay's that Harbor answers as it is told to, question by question.
struct OddWorld : World {
  explicit OddWorld(Environment more = {}) : World(with_usual(std::move(more))) {
    harbor.add_blob({"quay", "team/app", ""}, blob);
    content.resize(static_cast<std::size_t>(blob.content->size()));
    blob.content->read(0, content);
  }
  static Environment with_usual(Environment more) {
    more.insert({"RETRY_MAX_ATTEMPTS", "0"});
    more.insert({"RETRY_BASE_DELAY", "1ms"});
    more.insert({"CIRCUIT_BREAKER_THRESHOLD", "1000"});
    return more;
  }
  // The bytes of the answers to the next questions, each followed by the connection's end.
  void says(std::vector<std::string> answers) {
    harbor.clear_faults();
    harbor.clear_requests();
    std::reverse(answers.begin(), answers.end());  // the rule set last is the first
    for (std::string& bytes : answers)
      harbor.set_fault(
          {.requests = {.method = "GET", .project = "quay", .endpoint = Endpoint::blobs},
           .count = 1},
          {.then = fault::RawBytes{.bytes = std::move(bytes)}});
  }
  [[nodiscard]] Reply pulled(const std::vector<Field>& headers = {}) const {
    return get(*router, path, headers);
  }
  [[nodiscard]] std::string whole(std::size_t sent) const {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n" +
           content.substr(0, sent);
  }
  [[nodiscard]] std::string chunked(std::size_t sent) const {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    return sent == 0 ? head : head + chunk(content.substr(0, sent));
  }
  // Of the blob's bytes, from first to last; sent: how many of them, at most.
  [[nodiscard]] std::string part(std::size_t first, std::size_t last, std::size_t total,
                                 std::size_t sent = std::string::npos) const {
    const std::size_t length = last - first + 1;
    return "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(first) + "-" +
           std::to_string(last) + "/" + std::to_string(total) +
           "\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
           content.substr(first, std::min(sent, length));
  }
  static std::string chunk(const std::string& bytes) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    return size + bytes + "\r\n";
  }
  [[nodiscard]] std::size_t questions() const { return asked("GET", "quay", Endpoint::blobs); }

  static constexpr std::size_t size = 300'000, end = size - 1;
  const stub::Blob blob = stub::pattern_blob({.seed = 21, .size = size});
  const std::string path = "/v2/proxy/team/app/blobs/" + blob.digest.str();
  std::string content;
};

}  // namespace

TEST_CASE("a part that is shorter than what is missing is taken, and the next asked for") {
  OddWorld world;
  world.says({world.whole(40'000), world.part(40'000, 199'999, world.size),
              world.part(200'000, world.end, world.size)});
  const Reply reply = world.pulled();
  CHECK(reply.error.empty());
  CHECK(reply.body == world.content);
  CHECK(world.questions() == 3);
}

TEST_CASE("a part that does not fit is never put behind what the client has") {
  OddWorld world;
  for (const std::string& odd :
       {world.part(30'000, world.end, world.size), world.part(40'000, world.end, 2 * world.size),
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 260000\r\n\r\n" +
            world.content.substr(40'000),
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 40000-299999/300000\r\n"
        "Content-Length: 100\r\n\r\n" +
            world.content.substr(40'000, 100)}) {
    CAPTURE(odd.substr(0, 120));
    world.says({world.whole(40'000), odd, odd, odd});
    const Reply reply = world.pulled();
    CHECK_FALSE(reply.error.empty());
    CHECK(reply.body == world.content.substr(0, 40'000));
  }
}

TEST_CASE("a client's range that was cut is gone on with out of the whole blob") {
  OddWorld world;
  world.says({world.part(50'000, 59'999, world.size, 1000), world.whole(world.size)});
  const Reply reply = world.pulled({{"Range", "bytes=50000-59999"}});
  CHECK(reply.status == 206);
  CHECK(reply.error.empty());
  CHECK(reply.body == world.content.substr(50'000, 10'000));
}

TEST_CASE("a blob of unknown length is gone on with where it was cut") {
  OddWorld world;
  const std::string last_chunk = "0\r\n\r\n";
  for (const std::string& rest :
       {world.part(150'000, world.end, world.size), world.whole(world.size),
        world.chunked(world.size) + last_chunk}) {
    CAPTURE(rest.substr(0, 80));
    world.says({world.chunked(150'000), rest});
    const Reply reply = world.pulled();
    CHECK(reply.error.empty());
    CHECK(reply.body == world.content);
  }
  world.says({world.chunked(world.size),
              "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */300000\r\n"
              "Content-Length: 0\r\n\r\n"});
  const Reply reply = world.pulled();
  CHECK(reply.error.empty());
  CHECK(reply.body == world.content);
}

TEST_CASE("to a client of HTTP/1.0 a blob that was cut does not look as if it had ended") {
  OddWorld world(Environment{{"BLOB_RESUME_MAX", "0"}});
  const auto received = [&] {
    Client client(world.router->port());
    client.send_raw("GET " + world.path + " HTTP/1.0\r\n\r\n");
    return client.receive("GET");
  };
  world.says({world.chunked(world.size) + "0\r\n\r\n"});
  const Reply whole = received();
  CHECK(whole.error.empty());
  CHECK(whole.body == world.content);
  world.says({world.chunked(1000)});
  CHECK_FALSE(received().error.empty());
}

TEST_CASE("a blob that fails before its first byte is an error, told, logged and counted as one") {
  OddWorld world(Environment{{"BLOB_RESUME_MAX", "1"}});
  for (const std::string& nothing :
       {world.whole(0), world.chunked(0), world.chunked(0) + "zz\r\n",
        world.chunked(0) + "0\r\n\r\n", std::string("HTTP/1.1 200 OK\r\n\r\n")}) {
    CAPTURE(nothing);
    world.says({nothing, nothing});
    const Reply reply = world.pulled();
    CHECK(reply.status == 502);
    CHECK(reply.error.empty());
    CHECK(reply.body.find("\"errors\"") != std::string::npos);
    CHECK(reply.body.find("quay") != std::string::npos);
    CHECK(world.questions() == 2);
  }
  CHECK(comes_true([&] {
    return metric(*world.router,
                  R"(harbor_router_requests_total{method="GET",status="502",type="blob"})") == 5;
  }));
  CHECK(metric(*world.router,
               R"(harbor_router_requests_total{method="GET",status="200",type="blob"})") == 0);
  world.says({world.whole(0), world.whole(world.size)});
  CHECK(world.pulled().body == world.content);
}

TEST_CASE("nothing in the place of a blob is not the blob") {
  OddWorld world;
  const std::string empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  world.says({empty});
  CHECK(world.pulled().status == 502);
  const stub::Blob nothing = stub::pattern_blob({.seed = 1, .size = 0});
  world.harbor.clear_faults();
  world.harbor.add_blob({"quay", "team/app", ""}, nothing);
  const Reply reply = get(*world.router, "/v2/proxy/team/app/blobs/" + nothing.digest.str());
  CHECK(reply.status == 200);
  CHECK(reply.body.empty());
}

TEST_CASE("what was not asked for is Harbor's failure; a range past the end gets a body of ours") {
  OddWorld world;
  const std::string beyond =
      "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */300000\r\n"
      "Content-Length: 300000\r\n\r\nbad";
  for (const std::string& odd :
       {world.part(0, world.end, world.size), beyond,
        std::string("HTTP/1.1 304 Not Modified\r\n\r\n"),
        std::string("HTTP/1.1 307 Elsewhere\r\nLocation: /v2/quay/x\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")}) {
    CAPTURE(odd.substr(0, 80));
    world.says({odd});
    const Reply reply = world.pulled();
    CHECK(reply.status == 502);
    CHECK(reply.body.find("quay") != std::string::npos);
  }
  world.says({beyond});
  const Reply reply = world.pulled({{"Range", "bytes=300000-"}});
  CHECK(reply.status == 416);
  CHECK(reply.header("Content-Range") == "bytes */300000");
  CHECK(reply.body.find("\"errors\"") != std::string::npos);
}

TEST_CASE("a client that leaves while the rest of his blob is asked for is not waited for") {
  OddWorld world(Environment{{"RETRY_BASE_DELAY", "60s"}, {"RESOLVER_TIMEOUT", "300s"}});
  const stub::RequestFilter blobs{.method = "GET", .project = "quay", .endpoint = Endpoint::blobs};
  world.harbor.set_fault({.requests = blobs}, {.then = fault::Hang{}});
  world.harbor.set_fault({.requests = blobs, .count = 1},
                         {.then = fault::RawBytes{.bytes = world.whole(40'000)}});
  Client client(world.router->port());
  client.send("GET", world.path, {{"X-Request-Id", "leaves"}});
  CHECK(world.harbor.wait_for({.requests = 2, .filter = blobs}, 20s));
  client.close();
  CHECK(world.router->wait_for_log("id=leaves"));
}

TEST_CASE("requests cut by the end of a drain have their access lines") {
  World world(Environment{{"SHUTDOWN_GRACE", "200ms"}});
  const stub::Blob blob = stub::pattern_blob({.seed = 7, .size = 3'000'000});
  world.harbor.add_blob({"quay", "team/app", ""}, blob);
  world.harbor.set_fault({.requests = {.method = "GET", .endpoint = Endpoint::blobs}},
                         {.then = fault::SlowDrip{.chunk = 100'000, .interval = 5s}});
  world.harbor.set_fault({.requests = {.endpoint = Endpoint::manifests}}, {.then = fault::Hang{}});
  Client streaming(world.router->port()), waiting(world.router->port());
  streaming.send("GET", "/v2/proxy/team/app/blobs/" + blob.digest.str(),
                 {{"X-Request-Id", "streaming"}});
  waiting.send("GET", app, {accepts_manifests(), {"X-Request-Id", "waiting"}});
  CHECK(world.harbor.wait_for({.requests = 1, .filter = {.endpoint = Endpoint::manifests}}, 20s));
  CHECK(world.harbor.wait_for(
      {.requests = 1, .filter = {.method = "GET", .endpoint = Endpoint::blobs}}, 20s));
  world.router->terminate();
  CHECK(world.router->wait() == 0);
  CHECK(world.router->times_in_log("id=streaming") == 1);
  CHECK(world.router->times_in_log("id=waiting") == 1);
}

}  // namespace harbor_router::scenario
