#include "redis/master_search.hpp"

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::redis;
using namespace std::chrono_literals;

namespace {

Reply text(const std::string& bytes) {
  return {.kind = Reply::Kind::string, .text = bytes};
}
Reply array(std::vector<Reply> elements) {
  return {.kind = Reply::Kind::array, .elements = std::move(elements)};
}
Reply error(const std::string& words) {
  return {.kind = Reply::Kind::error, .text = words};
}
Reply address(const std::string& host, const std::string& port) {
  return array({text(host), text(port)});
}
Reply role(const std::string& name) {
  return array({text(name)});
}

// "ask s1", "try 10.0.0.1:6379", "wait 100"
std::string told(const MasterSearch::Step& step) {
  if (const auto* ask = std::get_if<MasterSearch::AskSentinel>(&step))
    return "ask " + ask->sentinel.host;
  if (const auto* server = std::get_if<MasterSearch::TryServer>(&step))
    return "try " + to_string(server->server);
  return "wait " + std::to_string(std::get<MasterSearch::Wait>(step).span.count());
}

Settings three_sentinels() {
  return {.sentinels = {{"s1", 26379}, {"s2", 26379}, {"s3", 26379}}};
}

base::Failure failed(const char* why) {
  return base::failure(base::Errc::connect_failed, why);
}

constexpr double last_chance = 1;  // no jitter: the longest wait

}  // namespace

TEST_CASE("a Sentinel names the master, which confirms it") {
  MasterSearch search(three_sentinels());
  CHECK(told(search.begin()) == "ask s1");
  CHECK(told(search.sentinel_answered(address("10.0.0.1", "6379"), 1)) == "try 10.0.0.1:6379");
  CHECK_FALSE(search.role_answered(role("master"), 1));
  CHECK(search.why().detail.empty());
}

TEST_CASE("each Sentinel is asked once a round, and then there is a wait, longer each time") {
  MasterSearch search(three_sentinels());
  CHECK(told(search.begin()) == "ask s1");
  CHECK(told(search.sentinel_failed(failed("refused"), last_chance)) == "ask s2");
  CHECK(told(search.sentinel_answered({}, last_chance)) == "ask s3");
  CHECK(told(search.sentinel_answered(error("NOAUTH"), last_chance)) == "wait 100");
  CHECK(search.why().detail ==
        "Sentinel s1:26379: refused; Sentinel s2:26379: knows no master of the name mymaster; "
        "Sentinel s3:26379: NOAUTH");
  std::vector<std::string> waits;
  for (int round = 0; round < 7; ++round) {
    CHECK(told(search.begin()) == "ask s1");
    static_cast<void>(search.sentinel_failed(failed("x"), last_chance));
    static_cast<void>(search.sentinel_failed(failed("x"), last_chance));
    waits.push_back(told(search.sentinel_failed(failed("x"), last_chance)));
  }
  CHECK(waits == std::vector<std::string>{"wait 200", "wait 400", "wait 800", "wait 1600",
                                          "wait 3200", "wait 5000", "wait 5000"});
}

TEST_CASE("a password that one of them refuses is not lost among what else went wrong") {
  MasterSearch search(three_sentinels());
  static_cast<void>(search.begin());
  const auto refused = base::failure(base::Errc::refused_account, "refuses REDIS_PASSWORD");
  static_cast<void>(search.sentinel_failed(refused, last_chance));
  static_cast<void>(search.sentinel_failed(failed("x"), last_chance));
  CHECK(search.why().code == base::Errc::refused_account);
  static_cast<void>(search.begin());
  static_cast<void>(search.sentinel_failed(failed("x"), last_chance));
  CHECK(search.why().code == base::Errc::connect_failed);
}

TEST_CASE("jitter takes at most half of a wait away") {
  MasterSearch search({.server = ServerAddress{"redis"}});
  CHECK(told(search.begin()) == "try redis:6379");
  CHECK(told(search.server_failed(failed("x"), 0)) == "wait 50");
}

TEST_CASE("a server that is no master any more sends the search to the next Sentinel") {
  MasterSearch search(three_sentinels());
  CHECK(told(search.begin()) == "ask s1");
  static_cast<void>(search.sentinel_answered(address("old", "6379"), 1));
  const auto step = search.role_answered(role("slave"), 1);
  REQUIRE(step);
  CHECK(told(*step) == "ask s2");
  CHECK(told(search.sentinel_answered(address("new", "6380"), 1)) == "try new:6380");
  CHECK_FALSE(search.role_answered(role("master"), 1));
  // Which is asked first after a loss.
  CHECK(told(search.lost("reset", last_chance)) == "wait 100");
  CHECK(told(search.begin()) == "ask s2");
  CHECK(told(search.sentinel_failed(failed("x"), 1)) == "ask s1");
  CHECK(told(search.sentinel_failed(failed("x"), 1)) == "ask s3");
}

TEST_CASE("a server that cannot be reached or says what is no role is not used") {
  for (const Reply& reply : {error("NOPERM"), text("master"), array({}), Reply{}}) {
    MasterSearch search(three_sentinels());
    static_cast<void>(search.begin());
    static_cast<void>(search.sentinel_answered(address("old", "6379"), 1));
    const auto step = search.role_answered(reply, 1);
    REQUIRE(step);
    CHECK(told(*step) == "ask s2");
  }
}

TEST_CASE("what a Sentinel says is an address or nothing") {
  for (const Reply& reply :
       {text("10.0.0.1"), array({text("10.0.0.1")}), address("", "6379"), address("host", "0"),
        address("host", "65536"), address("host", "12x"), address("a b", "6379"),
        address(std::string(1000, 'x'), "6379"), address(std::string("\0\r\n", 3), "6379"),
        array({address("a", "1"), text("6379")})}) {
    MasterSearch search(three_sentinels());
    static_cast<void>(search.begin());
    CHECK(told(search.sentinel_answered(reply, 1)) == "ask s2");
  }
}

TEST_CASE("a loss waits longer each time, unless commands were answered meanwhile") {
  MasterSearch search(three_sentinels());
  CHECK(told(search.lost("READONLY", last_chance)) == "wait 100");
  CHECK(told(search.lost("READONLY", last_chance)) == "wait 200");
  search.worked();
  CHECK(told(search.lost("reset", last_chance)) == "wait 100");
}

TEST_CASE("a single server that says it is none to write to is refused, in words") {
  for (const auto& [name, words] : std::vector<std::pair<const char*, const char*>>{
           {"slave",
            "redis:6380: is a replica, which takes no writes: REDIS_URL has to name its "
            "primary"},
           {"sentinel", "redis:6380: is a Sentinel: REDIS_SENTINELS is the place to name it"}}) {
    MasterSearch search({.server = ServerAddress{"redis", 6380}});
    static_cast<void>(search.begin());
    const auto step = search.role_answered(role(name), last_chance);
    REQUIRE(step);
    CHECK(told(*step) == "wait 100");
    CHECK(search.why().code == base::Errc::refused_account);
    CHECK(search.why().detail == words);
  }
}

TEST_CASE("an address that a failure tells already is not told twice") {
  MasterSearch search({.server = ServerAddress{"127.0.0.1", 1}});
  static_cast<void>(search.begin());
  static_cast<void>(search.server_failed(failed("127.0.0.1:1: Connection refused"), last_chance));
  CHECK(search.why().detail == "127.0.0.1:1: Connection refused");
  MasterSearch named({.server = ServerAddress{"redis", 1}});
  static_cast<void>(named.begin());
  static_cast<void>(named.server_failed(failed("10.0.0.1:1: Connection refused"), last_chance));
  CHECK(named.why().detail == "redis:1: 10.0.0.1:1: Connection refused");
}

TEST_CASE("a single server is used as a master, also where ROLE is forbidden or unknown") {
  MasterSearch search({.server = ServerAddress{"redis", 6380}});
  CHECK(told(search.begin()) == "try redis:6380");
  CHECK_FALSE(search.role_answered(role("master"), 1));
  CHECK_FALSE(search.role_answered(error("NOPERM no rights for 'role'"), 1));
  CHECK_FALSE(search.role_answered(error("ERR unknown command 'ROLE'"), 1));
  const auto step = search.role_answered(error("NOAUTH Authentication required."), last_chance);
  REQUIRE(step);
  CHECK(told(*step) == "wait 100");
}

TEST_CASE("+switch-master counts for the name it is about") {
  const auto moved = switched_master("mymaster 10.0.0.1 6379 10.0.0.2 6380", "mymaster");
  REQUIRE(moved);
  CHECK(to_string(*moved) == "10.0.0.2:6380");
  CHECK_FALSE(switched_master("other 10.0.0.1 6379 10.0.0.2 6380", "mymaster"));
  CHECK_FALSE(switched_master("mymaster 10.0.0.1 6379 10.0.0.2", "mymaster"));
  CHECK_FALSE(switched_master("mymaster 10.0.0.1 6379 10.0.0.2 port", "mymaster"));
  CHECK_FALSE(switched_master("", "mymaster"));
}
