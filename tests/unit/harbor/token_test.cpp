#include "harbor_router/harbor/token.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "unit/results.hpp"
#include "unit/run.hpp"

using namespace harbor_router;
using namespace harbor_router::harbor;
using namespace std::chrono_literals;

namespace {

// Harbor's token endpoint, which answers when the test lets it.
struct Endpoint {
  int fetches = 0;
  bool waits = false;
  http::OneShot may_answer;
  base::Result<TokenAnswer> answer = TokenAnswer{.token = "first"};

  TokenStore::Fetch fetch() {
    return [this] { return run(); };
  }
  http::Awaitable<base::Result<TokenAnswer>> run() {
    ++fetches;
    if (waits) co_await may_answer.wait();
    co_return answer;
  }
};

struct World {
  http::asio::io_context context{1};
  TokenStore store{100};
  Endpoint endpoint;

  base::Result<std::string> get(const std::string& project = "hub") {
    return testing::run(context, store.get(project, endpoint.fetch()));
  }
};

}  // namespace

TEST_CASE("Harbor's token answer is read; its access_token is empty") {
  const auto answer = parse_token_answer(
      R"({"token":"abc.def","access_token":"","expires_in":600,"issued_at":"2026-01-01T00:00:00Z"})");
  REQUIRE(answer);
  CHECK(answer->token == "abc.def");
  CHECK(answer->expires_in == 600s);
  CHECK(parse_token_answer(R"({"access_token":"x"})").value().token == "x");
  CHECK(parse_token_answer(R"({"token":"","access_token":"x"})").value().token == "x");
}

TEST_CASE("a life that is not said, or makes no sense, is replaced") {
  for (const char* text :
       {R"({"token":"x"})", R"({"token":"x","expires_in":0})", R"({"token":"x","expires_in":-5})",
        R"({"token":"x","expires_in":"600"})"})
    CHECK(parse_token_answer(text).value().expires_in == 1800s);
  CHECK(parse_token_answer(R"({"token":"x","expires_in":9000000000})").value().expires_in == 24h);
}

TEST_CASE("what is no token answer is refused, and so is a token that could split a head") {
  for (const std::string text :
       {"", "<html></html>", "[]", "null", "{}", R"({"token":""})", R"({"token":5})",
        R"({"token":"a\r\nX-Admin: 1"})", R"({"token":"a b"})", R"({"token":"a\u0000b"})",
        R"({"token":"caf\u00e9"})", R"({"token":"a\u007f"})"}) {
    CAPTURE(text);
    CHECK(parse_token_answer(text).error().code == base::Errc::unexpected_answer);
  }
}

TEST_CASE("a token is used for four fifths of its life") {
  const base::TimePoint now{1h};
  CHECK(renew_at({.token = "x", .expires_in = 1800s}, now) == now + 1440s);
  CHECK(renew_at({.token = "x", .expires_in = 1s}, now) == now + 800ms);
}

TEST_CASE("a token is fetched once and used until it must be renewed") {
  World world;
  CHECK(world.get().value() == "first");
  CHECK(world.get().value() == "first");
  CHECK(world.endpoint.fetches == 1);
  CHECK(world.get("other").value() == "first");
  CHECK(world.endpoint.fetches == 2);
}

TEST_CASE("however many need it at once, one fetch runs") {
  World world;
  world.endpoint.waits = true;
  std::vector<std::unique_ptr<testing::Running<base::Result<std::string>>>> waiting;
  for (int i = 0; i < 20; ++i)
    waiting.push_back(std::make_unique<testing::Running<base::Result<std::string>>>(
        world.context, world.store.get("hub", world.endpoint.fetch())));
  while (world.context.poll() != 0) {
  }
  CHECK(world.endpoint.fetches == 1);
  world.endpoint.may_answer.set();
  for (auto& each : waiting) CHECK(each->get().value() == "first");
  CHECK(world.endpoint.fetches == 1);
}

TEST_CASE("a failed fetch is everybody's failure, and the next to come tries again") {
  World world;
  world.endpoint.waits = true;
  world.endpoint.answer = base::failure(base::Errc::refused_account, "no");
  testing::Running<base::Result<std::string>> leader(
      world.context, world.store.get("hub", world.endpoint.fetch()));
  testing::Running<base::Result<std::string>> follower(
      world.context, world.store.get("hub", world.endpoint.fetch()));
  while (world.context.poll() != 0) {
  }
  world.endpoint.may_answer.set();
  CHECK(leader.get().error().code == base::Errc::refused_account);
  CHECK(follower.get().error().code == base::Errc::refused_account);
  CHECK(world.endpoint.fetches == 1);
  world.endpoint.answer = TokenAnswer{.token = "second"};
  CHECK(world.get().value() == "second");
}

TEST_CASE("a refused token is dropped once, whoever notices") {
  World world;
  CHECK(world.get().value() == "first");
  world.store.refused("hub", "first");
  world.endpoint.answer = TokenAnswer{.token = "second"};
  CHECK(world.get().value() == "second");
  world.store.refused("hub", "first");  // a request sent before the renewal comes back
  CHECK(world.get().value() == "second");
  CHECK(world.endpoint.fetches == 2);
  world.store.refused("never seen", "x");
}

TEST_CASE("a token that opens too little is got anew once it is old enough") {
  World world;
  CHECK(world.get().value() == "first");
  CHECK_FALSE(world.store.outdated("hub", "first", 1h));
  CHECK(world.get().value() == "first");
  CHECK(world.endpoint.fetches == 1);
  CHECK(world.store.outdated("hub", "first", 0s));
  world.endpoint.answer = TokenAnswer{.token = "second"};
  CHECK(world.get().value() == "second");
  CHECK(world.store.outdated("hub", "first", 1h));  // somebody else has a younger one already
  CHECK(world.get().value() == "second");
  CHECK(world.endpoint.fetches == 2);
}

TEST_CASE("a fetch that breaks is the caller's exception, and nobody waits for it for ever") {
  World world;
  const TokenStore::Fetch breaks = []() -> http::Awaitable<base::Result<TokenAnswer>> {
    throw std::logic_error("a bug");
    co_return TokenAnswer{};
  };
  CHECK_THROWS_AS(testing::run(world.context, world.store.get("hub", breaks)), std::logic_error);
  CHECK(world.get().value() == "first");
}

TEST_CASE("a full store makes room, and keeps what is being fetched") {
  World world;
  TokenStore store{2};
  const auto get = [&](const std::string& key) {
    return testing::run(world.context, store.get(key, world.endpoint.fetch())).value();
  };
  world.endpoint.waits = true;
  testing::Running<base::Result<std::string>> fetching(world.context,
                                                       store.get("a", world.endpoint.fetch()));
  while (world.context.poll() != 0) {
  }
  world.endpoint.waits = false;
  for (const char* key : {"b", "c", "d"}) CHECK(get(key) == "first");
  testing::Running<base::Result<std::string>> joining(world.context,
                                                      store.get("a", world.endpoint.fetch()));
  world.endpoint.may_answer.set();
  CHECK(fetching.get().value() == "first");
  CHECK(joining.get().value() == "first");
  CHECK(world.endpoint.fetches == 4);
}

TEST_CASE("who waited for a token gets it, though its place was needed meanwhile") {
  World world;
  TokenStore store{1};
  world.endpoint.waits = true;
  testing::Running<base::Result<std::string>> leader(world.context,
                                                     store.get("a", world.endpoint.fetch()));
  testing::Running<base::Result<std::string>> follower(world.context,
                                                       store.get("a", world.endpoint.fetch()));
  const auto once_it_has_landed = [&]() -> http::Awaitable<base::Result<std::string>> {
    co_await world.endpoint.may_answer.wait();
    const TokenStore::Fetch fetch = world.endpoint.fetch();
    co_return co_await store.get("b", fetch);
  };
  testing::Running<base::Result<std::string>> other(world.context, once_it_has_landed());
  while (world.context.poll() != 0) {
  }
  world.endpoint.may_answer.set();
  CHECK(leader.get().value() == "first");
  CHECK(other.get().value() == "first");
  CHECK(follower.get().value() == "first");
}

TEST_CASE("tokens of projects that are gone are dropped") {
  World world;
  CHECK(world.get("hub").value() == "first");
  CHECK(world.get("gone").value() == "first");
  world.store.keep_only([](const std::string& project) { return project == "hub"; });
  CHECK(world.get("hub").value() == "first");
  CHECK(world.endpoint.fetches == 2);
  CHECK(world.get("gone").value() == "first");
  CHECK(world.endpoint.fetches == 3);
}
