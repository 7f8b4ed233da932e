// What a run found, written down: a table for a terminal, JSON and CSV for programs, and one page
// of HTML that needs nothing but itself. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harbor_router/bench/comparison.hpp"
#include "harbor_router/bench/threshold.hpp"

namespace harbor_router::bench {

struct Report {
  std::string target;    // URL
  std::string baseline;  // URL; empty: none
  std::string load;      // in words: "64 connections, 1 thread, closed loop"
  std::string when;      // when it began, UTC: "2026-11-24T13:00:00Z"
  std::string version;   // of this program
  Measurement run;       // of the target, all rounds
  std::optional<Measurement> baseline_run;
  std::vector<Round> rounds;  // with a baseline alone
  Ratios ratios;
  std::vector<Judgement> judgements;
};

[[nodiscard]] std::string table_report(const Report& report);
[[nodiscard]] std::string json_report(const Report& report);
// One line for the target and for the baseline of each round, below a line of names.
[[nodiscard]] std::string csv_report(const Report& report);
[[nodiscard]] std::string html_report(const Report& report);

// A histogram's shape: about so many ranges, of equal width on a logarithmic scale.
struct Range {
  Nanoseconds from, to;
  std::uint64_t count = 0;
};
[[nodiscard]] std::vector<Range> ranges_of(const Histogram& histogram, std::size_t about);

// Three significant digits: "1.23ms".
[[nodiscard]] std::string short_duration(Nanoseconds duration);
[[nodiscard]] std::string short_bytes(double bytes);

}  // namespace harbor_router::bench
