#include "harbor_router/observe/metrics.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using harbor_router::observe::Counter;
using harbor_router::observe::Labels;
using harbor_router::observe::Registry;

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("families are sorted, each under its help and type") {
  Registry registry;
  registry.gauge("router_projects", "Projects known.").set(-3);
  Counter& hits = registry.counter("router_lookups_total", "Lookups.", {{"result", "hit"}});
  registry.counter("router_lookups_total", "Lookups.", {{"result", "absent"}}).add(2);
  hits.add();
  hits.add(4);
  CHECK(registry.exposition() ==
        "# HELP router_lookups_total Lookups.\n"
        "# TYPE router_lookups_total counter\n"
        "router_lookups_total{result=\"absent\"} 2\n"
        "router_lookups_total{result=\"hit\"} 5\n"
        "# HELP router_projects Projects known.\n"
        "# TYPE router_projects gauge\n"
        "router_projects -3\n");
}

TEST_CASE("the same labels are the same metric, in whatever order they are given") {
  Registry registry;
  Counter& one = registry.counter("a_total", "A.", {{"x", "1"}, {"y", "2"}});
  Counter& same = registry.counter("a_total", "A.", {{"y", "2"}, {"x", "1"}});
  Counter& other = registry.counter("a_total", "A.", {{"x", "1"}, {"y", "3"}});
  CHECK(&one == &same);
  CHECK(&one != &other);
}

TEST_CASE("a histogram's buckets are cumulative and end in all there is") {
  Registry registry;
  auto& seconds = registry.histogram("router_request_seconds", "Time.", {{"project", "hub"}});
  seconds.observe(1ms);
  seconds.observe(1ms + 1ns);
  seconds.observe(700ms);
  seconds.observe(2min);
  seconds.observe(-1s);
  const std::string text = registry.exposition();
  CHECK(has_line(text, "# TYPE router_request_seconds histogram"));
  CHECK(has_line(text, R"(router_request_seconds_bucket{project="hub",le="0.001"} 2)"));
  CHECK(has_line(text, R"(router_request_seconds_bucket{project="hub",le="0.0025"} 3)"));
  CHECK(has_line(text, R"(router_request_seconds_bucket{project="hub",le="0.5"} 3)"));
  CHECK(has_line(text, R"(router_request_seconds_bucket{project="hub",le="1"} 4)"));
  CHECK(has_line(text, R"(router_request_seconds_bucket{project="hub",le="60"} 4)"));
  CHECK(has_line(text, R"(router_request_seconds_bucket{project="hub",le="+Inf"} 5)"));
  CHECK(has_line(text, R"(router_request_seconds_sum{project="hub"} 120.702000001)"));
  CHECK(has_line(text, R"(router_request_seconds_count{project="hub"} 5)"));
}

TEST_CASE("label values and help are escaped") {
  Registry registry;
  registry.counter("a_total", "one\\two\n\"three\"", {{"name", "a\\b\"c\nd"}});
  const std::string text = registry.exposition();
  CHECK(has_line(text, R"(# HELP a_total one\\two\n"three")"));
  CHECK(has_line(text, R"(a_total{name="a\\b\"c\nd"} 0)"));
}

TEST_CASE("what Prometheus would refuse is a bug here") {
  Registry registry;
  registry.counter("a_total", "A.");
  CHECK_THROWS_AS(registry.gauge("a_total", "A."), std::logic_error);
  CHECK_THROWS_AS(registry.counter("b", "B."), std::logic_error);
  CHECK_THROWS_AS(registry.gauge("1st", "B."), std::logic_error);
  CHECK_THROWS_AS(registry.gauge("b c", "B."), std::logic_error);
  const Labels bad_name = {{"a-b", "1"}};
  CHECK_THROWS_AS(registry.gauge("b", "B.", bad_name), std::logic_error);
  const Labels reserved = {{"le", "1"}};
  CHECK_THROWS_AS(registry.histogram("b", "B.", reserved), std::logic_error);
}

TEST_CASE("threads count on one handle while others resolve and read") {
  Registry registry;
  Counter& counter = registry.counter("a_total", "A.");
  std::array<std::thread, 4> threads;
  for (std::size_t thread = 0; thread < threads.size(); ++thread) {
    threads[thread] = std::thread([&, thread] {
      for (int i = 0; i < 10'000; ++i) counter.add();
      for (int i = 0; i < 20; ++i) {
        registry.counter("b_total", "B.", {{"n", std::to_string(thread * 20)}}).add();
        REQUIRE_FALSE(registry.exposition().empty());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(counter.value() == 40'000);
  CHECK(has_line(registry.exposition(), R"(b_total{n="60"} 20)"));
}

TEST_CASE("promtool finds nothing to complain about") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    MESSAGE("skipped: promtool is not installed");
    return;
  }
  Registry registry;
  registry.counter("harbor_router_requests_total", "Requests.", {{"name", "a\\b\"c\nd"}}).add(7);
  registry.gauge("harbor_router_projects", "Projects\nknown, and \\ in use.").set(-1);
  auto& seconds =
      registry.histogram("harbor_router_request_duration_seconds", "Time.", {{"code", "200"}});
  seconds.observe(3ms);
  seconds.observe(1h);
  registry.histogram("harbor_router_upstream_duration_seconds", "Time without labels.");

  std::string path = "/tmp/metrics_test_XXXXXX";
  const int descriptor = mkstemp(path.data());
  REQUIRE(descriptor >= 0);
  close(descriptor);
  std::ofstream(path) << registry.exposition();
  const int status = std::system(("promtool check metrics <" + path + " >&2").c_str());
  std::remove(path.c_str());
  CHECK(status == 0);
}

}  // namespace
