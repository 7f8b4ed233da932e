#include "harbor_router/bench/threshold.hpp"

#include <doctest/doctest.h>

#include "unit/results.hpp"

namespace harbor_router::bench {
namespace {

using namespace std::chrono_literals;

// A hundred answers of 1 ms to 100 ms in a second.
Measurement run_of_a_hundred() {
  Measurement run;
  for (int i = 1; i <= 100; ++i) run.latency.record(std::chrono::milliseconds(i));
  run.good = run.good_in_time = 100;
  run.elapsed = 1s;
  return run;
}

bool breaks(std::string_view text, const Measurement& run, const Ratios& ratios = {}) {
  const auto threshold = parse_threshold(text);
  REQUIRE(threshold);
  return judge(*threshold, run, ratios).broken;
}

TEST_CASE("latencies are judged as durations") {
  const Measurement run = run_of_a_hundred();
  CHECK(breaks("p99>50ms", run));
  CHECK_FALSE(breaks("p50>51ms", run));
  CHECK_FALSE(breaks("max>100ms", run));
  CHECK(breaks("max>=100ms", run));
  CHECK(breaks("mean<1s", run));
  CHECK(breaks("p99.9 > 99ms", run));
}

TEST_CASE("errors are judged as a number or as a share") {
  Measurement run = run_of_a_hundred();
  CHECK_FALSE(breaks("errors>0", run));
  run.errors[static_cast<std::size_t>(Trouble::timeout)] = 1;
  CHECK(breaks("errors>0", run));
  CHECK(breaks("errors>0.9%", run));
  CHECK_FALSE(breaks("errors>1%", run));
  run.unsent = 3;
  CHECK(breaks("unsent>2", run));
}

TEST_CASE("the rate is of good answers within the time") {
  Measurement run = run_of_a_hundred();
  CHECK(breaks("rate<101", run));
  CHECK_FALSE(breaks("rate<100", run));
  CHECK(breaks("rate<=100", run));
}

TEST_CASE("what is not known does not pass") {
  CHECK(breaks("cpu>1s", run_of_a_hundred()));
  CHECK(breaks("p99>1h", Measurement{}));
  CHECK(breaks("rate_ratio<0.1", run_of_a_hundred()));
  const auto judgement = judge(*parse_threshold("cpu>1s"), run_of_a_hundred(), {});
  CHECK(judgement.value_text() == "unknown");
}

TEST_CASE("CPU a request is that of the target's process") {
  Measurement run = run_of_a_hundred();
  run.target = TargetUsage{.processes = {1}, .cpu = 10ms};
  CHECK(run.cpu_per_request() == Nanoseconds(100us));
  CHECK(breaks("cpu>=100us", run));
}

TEST_CASE("ratios are judged by their median and need a baseline") {
  const Ratios ratios{.p99 = Ratio{.pairs = {1.0, 1.5, 1.1}}};
  CHECK(breaks("p99_ratio>1.05", {}, ratios));
  CHECK_FALSE(breaks("p99_ratio>1.1", {}, ratios));
  CHECK(needs_baseline(*parse_threshold("p99_ratio>1.1")));
  CHECK_FALSE(needs_baseline(*parse_threshold("p99>1s")));
}

TEST_CASE("a condition that cannot be read is explained") {
  for (const char* wrong : {"", "p99", "p98>1s", "p99>5", "p99>-1s", "errors>x", "errors>",
                            "rate<1k", "rate<-5", "errors>nan", "p99=5ms", "unsent>1%"}) {
    CAPTURE(wrong);
    const auto parsed = parse_threshold(wrong);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().detail.find("write one such as") != std::string::npos);
  }
}

TEST_CASE("rounds in pairs give a ratio each, with median and spread") {
  std::vector<Round> rounds(3);
  const int pace[] = {100, 80, 120};
  for (std::size_t i = 0; i < 3; ++i) {
    rounds[i].target = rounds[i].baseline = run_of_a_hundred();
    rounds[i].target.good_in_time = static_cast<std::uint64_t>(pace[i]);
  }
  const Ratios ratios = compare(rounds);
  REQUIRE(ratios.rate);
  CHECK(ratios.rate->median() == doctest::Approx(1.0));
  CHECK(ratios.rate->least() == doctest::Approx(0.8));
  CHECK(ratios.rate->most() == doctest::Approx(1.2));
  CHECK(ratios.p99->median() == doctest::Approx(1.0));
  CHECK_FALSE(ratios.cpu);  // not known
}

TEST_CASE("rounds of a target add up") {
  Measurement all = run_of_a_hundred();
  all.append(run_of_a_hundred());
  CHECK(all.requests() == 200);
  CHECK(all.rate() == doctest::Approx(100));
  CHECK(all.latency.count() == 200);
}

}  // namespace
}  // namespace harbor_router::bench
