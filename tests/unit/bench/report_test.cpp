#include "harbor_router/bench/report.hpp"

#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "bench/svg.hpp"

namespace harbor_router::bench {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

Measurement some_run() {
  Measurement run;
  for (int i = 1; i <= 1000; ++i) {
    run.latency.record(std::chrono::microseconds(i));
    run.timeline.answered(i * 2ms, std::chrono::microseconds(i));
  }
  run.good = run.good_in_time = 1000;
  run.statuses = {{200, 1000}, {503, 2}};
  run.errors[static_cast<std::size_t>(Trouble::status)] = 2;
  run.bytes = 2'000'000;
  run.elapsed = 2s;
  run.rate_asked = 600;
  return run;
}

Report some_report() {
  Report report{
      .target = "http://router:8080", .load = "64 connections", .when = "now", .version = "1.2.3"};
  report.run = some_run();
  report.judgements.push_back(judge(*parse_threshold("errors>0"), report.run, {}));
  return report;
}

Report compared_report() {
  Report report = some_report();
  report.baseline = "http://old:8080";
  report.rounds.resize(2);
  for (Round& round : report.rounds) round.target = round.baseline = some_run();
  report.baseline_run = some_run();
  report.ratios = compare(report.rounds);
  return report;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_CASE("the table says rates, latencies, statuses and verdicts within 80 columns") {
  const std::string table = table_report(some_report());
  for (const char* words : {"http://router:8080", "600.0/s asked, 500.0/s achieved", "p99.9",
                            "200: 1000, 503: 2", "status: 2", "errors>0: FAILED (2)"}) {
    CAPTURE(words);
    CHECK(table.find(words) != std::string::npos);
  }
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = table.find('\n', at);
    std::size_t columns = 0;  // of UTF-8, every byte but those that continue a character
    for (const char c : table.substr(at, end - at))
      if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++columns;
    CHECK_MESSAGE(columns <= 80, table.substr(at, end - at));
    at = end + 1;
  }
}

TEST_CASE("the histogram's ranges hold every answer once and are in order") {
  const auto ranges = ranges_of(some_run().latency, 12);
  REQUIRE(ranges.size() > 5);
  const auto sum =
      std::accumulate(ranges.begin(), ranges.end(), std::uint64_t{0},
                      [](auto so_far, const Range& each) { return so_far + each.count; });
  CHECK(sum == 1000);
  for (std::size_t i = 1; i < ranges.size(); ++i) CHECK(ranges[i].from == ranges[i - 1].to);
  CHECK(ranges_of(Histogram{}, 12).empty());
  Histogram one;
  for (int i = 0; i < 5; ++i) one.record(7ms);
  REQUIRE(ranges_of(one, 12).size() == 1);
  CHECK(ranges_of(one, 12).front().count == 5);
}

TEST_CASE("JSON holds the figures as numbers") {
  const json document = json::parse(json_report(some_report()));
  CHECK(document["result"]["requests"] == 1002);
  CHECK(document["result"]["errors"] == 2);
  CHECK(document["result"]["errors_by_kind"]["status"] == 2);
  CHECK(document["result"]["statuses"]["503"] == 2);
  CHECK(document["result"]["rate"] == doctest::Approx(500));
  CHECK(document["result"]["rate_asked"] == doctest::Approx(600));
  CHECK(document["result"]["latency_ms"]["p50"] == doctest::Approx(0.5).epsilon(0.002));
  CHECK(document["result"]["process"].is_null());
  CHECK(document["baseline"].is_null());
  CHECK(document["fail_if"][0]["failed"] == true);
  const json compared = json::parse(json_report(compared_report()));
  CHECK(compared["baseline"]["ratios"]["rate"]["median"] == doctest::Approx(1));
  CHECK(compared["baseline"]["rounds"].size() == 2);
}

TEST_CASE("CSV has a line a run, as wide as its first") {
  for (const auto& [report, lines] :
       {std::pair(some_report(), std::size_t{2}), std::pair(compared_report(), std::size_t{5})}) {
    const std::string csv = csv_report(report);
    CHECK(lines_of(csv) == lines);
    const auto commas = [&csv](std::size_t from) {
      return std::count(csv.begin() + static_cast<std::ptrdiff_t>(from),
                        csv.begin() + static_cast<std::ptrdiff_t>(csv.find('\n', from)), ',');
    };
    CHECK(commas(0) == commas(csv.find('\n') + 1));
  }
}

TEST_CASE("the page fetches nothing and escapes what it shows") {
  Report report = compared_report();
  report.load = "<script>alert(\"x\")</script>";
  const std::string page = html_report(report);
  for (const char* fetching : {"src=", "href=", "url(", "@import", "<script", "<link"}) {
    CAPTURE(fetching);
    CHECK(page.find(fetching) == std::string::npos);
  }
  CHECK(page.find("&lt;script&gt;") != std::string::npos);
  std::size_t plots = 0;
  for (std::size_t at = page.find("<svg"); at != std::string::npos; at = page.find("<svg", at + 1))
    ++plots;
  CHECK(plots == 3);
  CHECK(page.find("nan") == std::string::npos);
  CHECK(page.find("inf") == std::string::npos);
}

TEST_CASE("a run without an answer can be reported too") {
  Report report;
  CHECK(table_report(report).find("0 good") != std::string::npos);
  CHECK(json::parse(json_report(report))["result"]["rate"] == 0);
  CHECK(html_report(report).find("</html>") != std::string::npos);
}

TEST_CASE("a plot of one point, or of none, is still a plot") {
  const auto number = [](double at) { return std::to_string(at); };
  Plot plot{.title = "t", .x_label = number, .y_label = number};
  CHECK(svg_of(plot).ends_with("</svg>\n"));
  plot.series.push_back({.name = "one", .colour = "red", .points = {{1, 2}}});
  CHECK(svg_of(plot).find("nan") == std::string::npos);
}

TEST_CASE("durations and sizes are shown short") {
  CHECK(short_duration(1'234'567ns) == "1.23ms");
  CHECK(short_duration(59'999ns) == "60us");
  CHECK(short_duration(0ns) == "0s");
  CHECK(short_bytes(1536) == "1.5 KiB");
  CHECK(short_bytes(-10) == "-10 B");
}

}  // namespace
}  // namespace harbor_router::bench
