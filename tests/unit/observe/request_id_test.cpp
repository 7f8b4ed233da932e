#include "harbor_router/observe/request_id.hpp"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace {

using harbor_router::observe::is_request_id;
using harbor_router::observe::make_request_id;

TEST_CASE("ids are 32 hexadecimal digits and differ, also between threads") {
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&ids] {
      for (int i = 0; i < 5000; ++i) ids.emplace_back(make_request_id().view());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  CHECK(all.size() == 20'000);
  for (const auto& id : all) {
    REQUIRE(id.size() == 32);
    REQUIRE(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    REQUIRE(is_request_id(id));
  }
}

TEST_CASE("a client's id is taken over only if it is short and plain") {
  CHECK(is_request_id("a"));
  CHECK(is_request_id("3f2504e0-4f89-11d3_9A0C.0305e82c3301"));
  CHECK(is_request_id(std::string(128, 'a')));
  CHECK_FALSE(is_request_id(""));
  CHECK_FALSE(is_request_id(std::string(129, 'a')));
  for (const std::string text : {"a b", "a\nb", "a\"b", "a/b", "a=b", "\xc3\xa9", "a;b"}) {
    CHECK_MESSAGE(!is_request_id(text), text);
  }
  CHECK_FALSE(is_request_id(std::string("a\0b", 3)));
}

}  // namespace
