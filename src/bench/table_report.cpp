// For people, in a terminal of 80 columns.
#include <algorithm>

#include <fmt/format.h>

#include "bench/figures.hpp"
#include "harbor_router/bench/report.hpp"

namespace harbor_router::bench {

namespace {

void add_line(std::string& out, std::string_view name, std::string_view text) {
  out += fmt::format("{:<11} {}\n", name, text);
}

void add_latencies(std::string& out, const Histogram& latency) {
  std::string text;
  for (const auto& [name, percent] : kPercentiles)
    if (percent <= 95)
      text += fmt::format("{} {}  ", name, short_duration(latency.percentile(percent)));
  add_line(out, "latency", text);
  text.clear();
  for (const auto& [name, percent] : kPercentiles)
    if (percent > 95)
      text += fmt::format("{} {}  ", name, short_duration(latency.percentile(percent)));
  add_line(out, "", text + "max " + short_duration(latency.largest()));
}

void add_histogram(std::string& out, const Histogram& latency) {
  constexpr std::size_t rows = 12, widest = 36;
  const auto ranges = ranges_of(latency, rows);
  std::uint64_t most = 1;
  for (const Range& range : ranges) most = std::max(most, range.count);
  for (const Range& range : ranges) {
    const auto bar_width = static_cast<std::size_t>(range.count * widest / most);
    std::string bar;
    for (std::size_t i = 0; i < bar_width; ++i) bar += "\u2588";
    if (bar_width == 0 && range.count > 0) bar = "\u258f";
    add_line(out, "",
             fmt::format("{:>7} to {:<7} {:>9}  {}", short_duration(range.from),
                         short_duration(range.to), range.count, bar));
  }
}

void add_run(std::string& out, const Measurement& run) {
  add_line(out, "requests",
           fmt::format("{} in {}: {} good, {} errors", run.requests(), short_duration(run.elapsed),
                       run.good, run.errors_in_all()));
  std::string rate = fmt::format("{:.1f}/s", run.rate());
  if (run.rate_asked > 0) rate = fmt::format("{:.1f}/s asked, {} achieved", run.rate_asked, rate);
  if (run.unsent > 0) rate += fmt::format("; {} due and not sent before the end", run.unsent);
  add_line(out, "rate", rate);
  if (run.latency.count() > 0) {
    add_latencies(out, run.latency);
    add_histogram(out, run.latency);
  }
  std::string statuses;
  for (const auto& [status, count] : run.statuses)
    statuses += fmt::format("{}{}: {}", statuses.empty() ? "" : ", ", status, count);
  if (!statuses.empty()) add_line(out, "statuses", statuses);
  std::string errors;
  for (std::size_t i = 0; i < troubles; ++i)
    if (run.errors[i] > 0)
      errors += fmt::format("{}{}: {}", errors.empty() ? "" : ", ",
                            to_string(static_cast<Trouble>(i)), run.errors[i]);
  if (!errors.empty()) add_line(out, "errors", errors);
  const double seconds = std::max(1e-9, static_cast<double>(run.elapsed.count()) / 1e9);
  add_line(out, "received",
           fmt::format("{}, {}/s", short_bytes(static_cast<double>(run.bytes)),
                       short_bytes(static_cast<double>(run.bytes) / seconds)));
  if (run.verified > 0) add_line(out, "verified", fmt::format("{} bodies", run.verified));
  if (const auto cpu = run.cpu_per_request())
    add_line(out, "its process",
             fmt::format("{} of CPU a request; {} resident ({}{})", short_duration(*cpu),
                         short_bytes(static_cast<double>(run.target->resident_bytes)),
                         run.target->resident_growth < 0 ? "" : "+",
                         short_bytes(static_cast<double>(run.target->resident_growth))));
  if (run.asked > 0)
    add_line(out, "generator",
             fmt::format("{} of CPU a request",
                         short_duration(run.generator_cpu / static_cast<std::int64_t>(run.asked))));
}

void add_ratio(std::string& out, std::string_view name, const std::optional<Ratio>& ratio) {
  if (!ratio) return;
  std::string pairs;
  for (const double pair : ratio->pairs) pairs += fmt::format("  {:.3f}", pair);
  add_line(out, name,
           fmt::format("{:.3f} ({:.3f} to {:.3f})  pairs:{}", ratio->median(), ratio->least(),
                       ratio->most(), pairs));
}

}  // namespace

std::string table_report(const Report& report) {
  std::string out;
  add_line(out, "target", report.target);
  add_line(out, "load", report.load);
  add_run(out, report.run);
  if (report.baseline_run) {
    out += '\n';
    add_line(out, "baseline", report.baseline);
    add_run(out, *report.baseline_run);
    out += "\ntarget / baseline, median of the pairs (least to most)\n";
    add_ratio(out, "rate", report.ratios.rate);
    add_ratio(out, "p50", report.ratios.p50);
    add_ratio(out, "p99", report.ratios.p99);
    add_ratio(out, "CPU", report.ratios.cpu);
  }
  if (!report.judgements.empty()) out += '\n';
  for (const Judgement& judgement : report.judgements)
    add_line(out, "fail-if",
             fmt::format("{}: {} ({})", judgement.threshold.text,
                         judgement.broken ? "FAILED" : "fine", judgement.value_text()));
  return out;
}

}  // namespace harbor_router::bench
