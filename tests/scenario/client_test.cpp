// Limits of a client: its connections, its time, its heads and bodies, its rate.
#include <algorithm>
#include <functional>
#include <list>

#include <doctest/doctest.h>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;

namespace {

const std::string alive = "/livez";

std::string head_with(const std::string& fields, const std::string& target = alive) {
  return "GET " + target + " HTTP/1.1\r\nHost: r\r\n" + fields + "\r\n";
}

// What the router says to these bytes before it closes the connection.
std::string answer_to(const World& world, const std::string& bytes) {
  Client client(world.router->port());
  client.send_raw(bytes);
  return client.receive_raw();
}

bool is_refusal(const std::string& answer, const std::string& status) {
  return answer.starts_with("HTTP/1.1 " + status + " ") &&
         answer.find("Connection: close") != std::string::npos &&
         answer.find("HTTP/1.1 ", 1) == std::string::npos;
}

}  // namespace

TEST_CASE("MAX_CONNECTIONS: the one over it waits until another leaves") {
  World world(Environment{{"MAX_CONNECTIONS", "2"}, {"THREADS", "1"}});
  Client first(world.router->port()), second(world.router->port());
  CHECK(first.get(alive).status == 200);
  CHECK(second.get(alive).status == 200);
  Client third(world.router->port());
  third.send("GET", alive, {});
  CHECK(world.router->wait_for_log("MAX_CONNECTIONS clients are connected, others wait"));
  CHECK(first.get(alive).status == 200);
  CHECK_FALSE(third.has_answer());
  second.close();
  CHECK(third.receive("GET").status == 200);
}

TEST_CASE("MAX_CONNECTIONS holds over all threads when many come at once") {
  World world(Environment{{"MAX_CONNECTIONS", "2"}, {"THREADS", "4"}});
  std::list<Client> clients;
  for (int i = 0; i < 16; ++i) clients.emplace_back(world.router->port()).send("GET", alive, {});
  Client onlooker(world.router->metrics_port());
  const auto answered = [&] {
    return std::count_if(clients.begin(), clients.end(), std::mem_fn(&Client::has_answer));
  };
  while (!clients.empty()) {
    CHECK(comes_true([&] { return answered() >= 2; }));
    for (int look = 0; look < 10; ++look) CHECK(onlooker.get(alive).status == 200);
    CHECK(answered() == 2);
    std::list<Client> leaving;
    for (auto each = clients.begin(); each != clients.end();) {
      const auto here = each++;
      if (here->has_answer()) leaving.splice(leaving.end(), clients, here);
    }
  }
}

TEST_CASE("CLIENT_HEADER_TIMEOUT: a head that does not come whole is told 408 and closed") {
  World world(Environment{{"CLIENT_HEADER_TIMEOUT", "2s"}});
  CHECK(answer_to(world, "").empty());
  CHECK(is_refusal(answer_to(world, "GET /livez HTTP/1.1\r\nHost: "), "408"));
  CHECK(is_refusal(answer_to(world, head_with("Content-Length: 9\r\n") + "short"), "408"));
}

TEST_CASE("CLIENT_IDLE_TIMEOUT: a connection between requests is closed") {
  World world(Environment{{"CLIENT_IDLE_TIMEOUT", "200ms"}});
  Client client(world.router->port());
  CHECK(client.get(alive).status == 200);
  CHECK(client.receive_raw().empty());
}

TEST_CASE("whoever says with his request that it is his last is answered, and let go soon") {
  World world(Environment{{"CLIENT_IDLE_TIMEOUT", "1h"}});
  Client client(world.router->port());
  CHECK(client.get(alive).status == 200);
  client.send_last(head_with(""));
  CHECK(client.receive("GET").status == 200);
  CHECK(client.receive_raw().empty());
}

TEST_CASE("CLIENT_WRITE_TIMEOUT: whoever takes nothing of his answer is let go, Harbor with him") {
  World world(Environment{{"CLIENT_WRITE_TIMEOUT", "300ms"}});
  const stub::Blob blob = stub::pattern_blob({.seed = 21, .size = 64 << 20});
  world.harbor.add_blob({"quay", "team/app", ""}, blob);
  Client client(world.router->port());
  client.send("GET", "/v2/proxy/team/app/blobs/" + blob.digest.str(), {});
  const std::uint64_t begun = client.receive_slowly(1, [] {});  // so it is on its way
  CHECK(begun > 0);
  CHECK(world.harbor.wait_until_in_progress(0, 20s));
  CHECK(begun + client.receive_slowly(blob.content->size(), [] {}) < blob.content->size());
}

TEST_CASE("a head has 32 KiB, 100 fields and a target of 8 KiB at most") {
  World world;
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X-" + std::to_string(i) + ": a\r\n";
  const std::string longest = "/livez?" + std::string(8 * 1024 - 7, 'a');
  Client client(world.router->port());
  client.send_raw(head_with(fields));
  CHECK(client.receive("GET").status == 200);
  client.send_raw(head_with("", longest));
  CHECK(client.receive("GET").status == 200);
  CHECK(is_refusal(answer_to(world, head_with(fields + "X-100: a\r\n")), "431"));
  CHECK(is_refusal(answer_to(world, head_with("", longest + "a")), "414"));
  CHECK(is_refusal(answer_to(world, "GET /" + std::string(32 * 1024, 'a')), "414"));
  const std::string start = "GET /livez HTTP/1.1\r\nHost: r\r\nX: ";
  CHECK(is_refusal(answer_to(world, start + std::string(32 * 1024 - start.size(), 'a')), "431"));
}

TEST_CASE("a length or a transfer coding that can be read in two ways is 400 and the end") {
  World world;
  for (const char* fields :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n", "Content-Length: 0x5\r\n", "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"}) {
    CAPTURE(fields);
    CHECK(is_refusal(answer_to(world, head_with(fields, app)), "400"));
  }
  CHECK(is_refusal(
      answer_to(world, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "400"));
  CHECK(world.asked(std::nullopt) == 0);
}

TEST_CASE("bad chunking is 400 and the end, though more may follow") {
  World world;
  for (const char* body :
       {"zz\r\n", "5\r\nhelloX", "5\nhello\r\n0\r\n\r\n", "-1\r\n", " 5\r\n",
        "ffffffffffffffffff\r\n", "5\r\nhello\n0\r\n\r\n", "\r\n", "5 junk\r\nhello\r\n0\r\n\r\n",
        "5;\x01\r\nhello\r\n0\r\n\r\n", "0\r\nGET / HTTP/1.1\r\n\r\n", "0\r\nX : a\r\n\r\n"}) {
    CAPTURE(body);
    CHECK(is_refusal(answer_to(world, head_with("Transfer-Encoding: chunked\r\n", app) + body +
                                          head_with("", app)),
                     "400"));
  }
  CHECK(world.asked(std::nullopt) == 0);
}

TEST_CASE("a body on a GET is dropped within limits, in both codings, and refused over them") {
  World world;
  Client client(world.router->port());
  client.send_raw(head_with("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\nT: t\r\n\r\n");
  CHECK(client.receive("GET").status == 200);
  client.send_raw(head_with("Content-Length: 5\r\n") + "hello");
  CHECK(client.receive("GET").status == 200);
  CHECK(client.get(alive).status == 200);
  CHECK(is_refusal(answer_to(world, head_with("Content-Length: 65537\r\n")), "413"));
}

TEST_CASE("who waits for 100 Continue is told so, or is refused at once") {
  World world;
  const std::string expects = "Expect: 100-continue\r\n";
  Client client(world.router->port());
  client.send_raw(head_with(expects + "Content-Length: 5\r\n"));
  CHECK(client.receive("GET").status == 100);
  client.send_raw("hello");
  CHECK(client.receive("GET").status == 200);
  client.send_raw(head_with(expects + "Content-Length: 5\r\n") + "hello");  // has not waited
  CHECK(client.receive("GET").status == 200);
  client.send_raw(head_with(expects));  // nothing to wait for
  CHECK(client.receive("GET").status == 200);
  CHECK(is_refusal(answer_to(world, head_with(expects + "Content-Length: 65537\r\n")), "413"));
}

TEST_CASE("whoever sends more than is read hears why it was refused") {
  World world;
  const std::string much(4 << 20, 'a');
  CHECK(is_refusal(answer_to(world, head_with("Content-Length: 4194304\r\n") + much), "413"));
  CHECK(is_refusal(answer_to(world, "GET /livez HTTP/1.1\r\nHost: r\r\nX: " + much), "431"));
}

TEST_CASE("a target in absolute form is the one behind its host; a user in it is told to nobody") {
  World world;
  Client client(world.router->port());
  client.send_raw("GET HTTP://r:80/livez HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(client.receive("GET").status == 200);
  client.send_raw("GET HTTP://r/v2/?x HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(client.receive("GET").status == 200);
  CHECK(is_refusal(answer_to(world, head_with("", "http://alice:Secret-1@r/v2/")), "400"));
  CHECK(is_refusal(answer_to(world, "GET /v2/ HTTP/1.1\r\nHost: a b/c@d\r\n\r\n"), "400"));
  CHECK(world.router->log().find("Secret-1") == std::string::npos);
}

TEST_CASE("an upload is 405, and says which methods there are: none") {
  World world;
  Client client(world.router->port());
  const Reply begun = client.ask("POST", "/v2/proxy/team/app/blobs/uploads/", {});
  CHECK(begun.status == 405);
  CHECK(begun.has("Allow"));
  const Reply put = client.ask("PUT", app, {});
  CHECK(put.status == 405);
  CHECK(put.header("Allow") == "GET, HEAD");
}

TEST_CASE("a client of HTTP/1.0 gets no chunks: the connection's end is the blob's") {
  World world;
  const stub::Blob blob = stub::pattern_blob({.seed = 22, .size = 5});
  world.harbor.add_blob({"quay", "team/app", ""}, blob);
  const std::string path = "/v2/proxy/team/app/blobs/" + blob.digest.str();
  CHECK(get(*world.router, path).status == 200);
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"}) {
    world.harbor.set_fault(
        {.requests = {.method = "GET", .project = "quay", .endpoint = Endpoint::blobs}},
        {.then = stub::fault::RawBytes{.bytes = answer}});
    const std::string said = answer_to(world, "GET " + path + " HTTP/1.0\r\n\r\n");
    CHECK(said.find("Transfer-Encoding") == std::string::npos);
    CHECK(said.ends_with("\r\n\r\nhello"));
    world.harbor.clear_faults();
  }
}

TEST_CASE("RATE_LIMIT_PER_IP counts what is no request too") {
  World world(Environment{{"RATE_LIMIT_PER_IP", "1"}});
  int limited = 0;
  for (int i = 0; i < 20; ++i)
    limited += is_refusal(answer_to(world, head_with("Content-Length: x\r\n")), "429") ? 1 : 0;
  CHECK(limited > 0);
}

TEST_CASE("an empty line before a request is passed over") {
  World world;
  Client client(world.router->port());
  for (int i = 0; i < 2; ++i) {  // on a fresh connection, and between requests
    client.send_raw("\r\n" + head_with(""));
    CHECK(client.receive("GET").status == 200);
  }
}

TEST_CASE("an address a client made up gives him no rate of his own") {
  World world(Environment{{"RATE_LIMIT_PER_IP", "1"}, {"TRUSTED_PROXIES", "127.0.0.0/8"}});
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string made_up = "203.0.113." + std::to_string(i);
    const Reply in_a_line =
        get(*world.router, "/v2/", {{"X-Forwarded-For", made_up + ", 198.51.100.4"}});
    const Reply in_two = get(*world.router, "/v2/",
                             {{"X-Forwarded-For", made_up}, {"X-Forwarded-For", "198.51.100.4"}});
    refused += (in_a_line.status == 429) + (in_two.status == 429);
  }
  CHECK(refused >= 20);
  CHECK(get(*world.router, "/v2/", {{"X-Forwarded-For", "198.51.100.77"}}).status == 200);
}

}  // namespace harbor_router::scenario
