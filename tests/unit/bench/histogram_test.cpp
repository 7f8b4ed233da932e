#include "harbor_router/bench/histogram.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "harbor_router/bench/timeline.hpp"

namespace harbor_router::bench {
namespace {

using namespace std::chrono_literals;

TEST_CASE("an empty histogram says 0 to everything") {
  const Histogram empty;
  CHECK(empty.count() == 0);
  CHECK(empty.percentile(99) == 0ns);
  CHECK(empty.largest() == 0ns);
  CHECK(empty.mean() == 0ns);
}

TEST_CASE("percentiles of one to a thousand are themselves, to three digits") {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(std::chrono::microseconds(i));
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9}) {
    const double right = percent * 10'000;
    CHECK(std::abs(static_cast<double>(histogram.percentile(percent).count()) - right) <=
          right / 1000);
  }
  CHECK(histogram.smallest() == 1us);
  CHECK(histogram.largest() == 1ms);
  CHECK(histogram.percentile(100) == 1ms);
  CHECK(histogram.mean() == 500'500ns);
}

TEST_CASE("every magnitude up to an hour keeps three digits") {
  for (std::int64_t value = 1; value < Histogram::longest.count(); value = value * 7 + 3) {
    Histogram histogram;
    histogram.record(Nanoseconds(value));
    histogram.record(Histogram::longest);  // so that the largest does not bound it
    const auto kept = histogram.percentile(50).count();
    CHECK(kept >= value);
    CHECK(static_cast<double>(kept - value) <= static_cast<double>(value) / 1000);
  }
}

TEST_CASE("what is negative or longer than an hour is kept at the edge") {
  Histogram histogram;
  histogram.record(-5ns);
  histogram.record(5h);
  CHECK(histogram.smallest() == 0ns);
  CHECK(histogram.largest() == Histogram::longest);
}

TEST_CASE("merging is as if one had recorded all") {
  Histogram one, other, both;
  for (int i = 0; i < 5000; ++i) {
    const auto value = std::chrono::microseconds(i * i);
    (i % 3 == 0 ? one : other).record(value);
    both.record(value);
  }
  one.merge(other);
  CHECK(one.count() == both.count());
  CHECK(one.mean() == both.mean());
  CHECK(one.smallest() == both.smallest());
  for (const double percent : {0.1, 25.0, 75.0, 99.99})
    CHECK(one.percentile(percent) == both.percentile(percent));
  CHECK_THROWS(one.merge(Histogram(Precision::plotted)));
}

TEST_CASE("ranges that touch count each value once") {
  Histogram histogram;
  for (int i = 1; i <= 3000; ++i) histogram.record(std::chrono::microseconds(i));
  std::uint64_t sum = 0;
  Nanoseconds from{0};
  for (const Nanoseconds to : {Nanoseconds(100us), Nanoseconds(777us), Nanoseconds(2ms),
                               Nanoseconds(Histogram::longest + 1ns)}) {
    sum += histogram.count_between(from, to);
    from = to;
  }
  CHECK(sum == 3000);
}

TEST_CASE("a timeline puts events where they belong") {
  Timeline timeline;
  timeline.answered(50ms, 1ms);
  timeline.answered(250ms, 4ms);
  timeline.failed(260ms);
  REQUIRE(timeline.steps().size() == 3);
  CHECK(timeline.steps()[0].latency.count() == 1);
  CHECK(timeline.steps()[1].latency.count() == 0);
  CHECK(timeline.steps()[2].latency.largest() == 4ms);
  CHECK(timeline.steps()[2].errors == 1);
}

TEST_CASE("a timeline that outgrows its steps joins them and loses nothing") {
  Timeline timeline;
  for (int i = 0; i < 1000; ++i) timeline.answered(i * 100ms, 1ms);
  CHECK(timeline.steps().size() <= Timeline::most_steps);
  CHECK(timeline.step() == 800ms);
  std::uint64_t sum = 0;
  for (const auto& step : timeline.steps()) sum += step.latency.count();
  CHECK(sum == 1000);
  CHECK(timeline.steps().front().latency.count() == 8);
}

TEST_CASE("timelines of different steps merge both ways") {
  Timeline coarse, fine;
  for (int i = 0; i < 1000; ++i) coarse.answered(i * 100ms, 1ms);
  fine.answered(900ms, 2ms);
  Timeline one = coarse, other = fine;
  one.merge(fine);
  other.merge(coarse);
  for (const Timeline& merged : {one, other}) {
    CHECK(merged.step() == 800ms);
    CHECK(merged.steps()[1].latency.count() == 9);
    CHECK(merged.steps()[1].latency.largest() == 2ms);
  }
}

}  // namespace
}  // namespace harbor_router::bench
