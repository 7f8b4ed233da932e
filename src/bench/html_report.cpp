// One page that can be sent to somebody: style and plots stand in it, nothing is fetched.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bench/figures.hpp"
#include "bench/svg.hpp"
#include "harbor_router/bench/report.hpp"

namespace harbor_router::bench {

namespace {

constexpr std::string_view kTargetColour = "#1f6feb", kOtherColour = "#d29922",
                           kErrorColour = "#cf222e";
constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}td,th{padding:.15em 1em .15em 0;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "svg{width:100%;margin:1em 0}svg text{font-size:11px;fill:#555}"
    "svg .title{font-size:13px;fill:#111}svg .grid{stroke:#ddd}"
    "svg polyline{fill:none;stroke-width:1.8}.failed{color:#cf222e;font-weight:bold}";

std::string seconds(double at) {
  return fmt::format("{:g}s", at);
}

std::string nanoseconds(double at) {
  return short_duration(Nanoseconds(std::llround(at)));
}

// Calls with the middle of each step, in seconds, and the step. The last step may be cut short by
// the end, so it is left out where there are others.
template <class Visit>
void each_step(const Measurement& run, const Visit& visit) {
  const auto& steps = run.timeline.steps();
  const double length = static_cast<double>(run.timeline.step().count()) / 1e9;
  const std::size_t shown = steps.size() > 1 ? steps.size() - 1 : steps.size();
  for (std::size_t i = 0; i < shown; ++i)
    visit((static_cast<double>(i) + 0.5) * length, length, steps[i]);
}

Plot throughput(const Report& report) {
  Plot plot{.title = "good answers and errors a second",
            .x_label = seconds,
            .y_label = [](double rate) { return fmt::format("{:g}", rate); }};
  // Rounds lie over each other, from the beginning of each.
  const double rounds = static_cast<double>(std::max<std::size_t>(1, report.rounds.size()));
  const auto add = [&](std::string name, std::string_view colour, const Measurement& run) {
    Series good{.name = std::move(name), .colour = std::string(colour)};
    each_step(run, [&](double at, double length, const Timeline::Step& step) {
      good.points.push_back({at, static_cast<double>(step.latency.count()) / length / rounds});
    });
    plot.series.push_back(std::move(good));
  };
  add("target", kTargetColour, report.run);
  if (report.baseline_run) add("baseline", kOtherColour, *report.baseline_run);
  if (report.run.errors_in_all() > 0) {
    Series bad{.name = "errors", .colour = std::string(kErrorColour)};
    each_step(report.run, [&](double at, double length, const Timeline::Step& step) {
      bad.points.push_back({at, static_cast<double>(step.errors) / length / rounds});
    });
    plot.series.push_back(std::move(bad));
  }
  return plot;
}

Plot latency_in_time(const Report& report) {
  Plot plot{.title = "latency", .x_label = seconds, .y_label = nanoseconds};
  const auto add = [&](std::string name, std::string_view colour, double percent) {
    Series series{.name = std::move(name), .colour = std::string(colour)};
    each_step(report.run, [&](double at, double, const Timeline::Step& step) {
      if (step.latency.count() == 0) return;
      series.points.push_back({at, static_cast<double>(step.latency.percentile(percent).count())});
    });
    plot.series.push_back(std::move(series));
  };
  add("p50", kTargetColour, 50);
  add("p99", kOtherColour, 99);
  return plot;
}

// The horizontal axis gives each further nine the same room.
Plot latency_by_percentile(const Report& report) {
  Plot plot{.title = "latency by percentile", .y_label = nanoseconds};
  plot.x_ticks = {{0, "0"},    {std::log10(2.0), "50"}, {1, "90"}, {2, "99"}, {3, "99.9"},
                  {4, "99.99"}};
  const auto add = [&plot](std::string name, std::string_view colour, const Histogram& latency) {
    Series series{.name = std::move(name), .colour = std::string(colour)};
    const double last =
        std::min(4.0, std::log10(std::max<double>(10, static_cast<double>(latency.count()))));
    for (double nines = 0; nines <= last + 1e-9; nines += 0.05) {
      const double percent = 100 * (1 - std::pow(10, -nines));
      series.points.push_back({nines, static_cast<double>(latency.percentile(percent).count())});
    }
    plot.series.push_back(std::move(series));
  };
  add("target", kTargetColour, report.run.latency);
  if (report.baseline_run) add("baseline", kOtherColour, report.baseline_run->latency);
  return plot;
}

std::string row(std::string_view name, const std::vector<std::string>& values) {
  std::string out = fmt::format("<tr><th>{}</th>", html_escaped(name));
  for (const std::string& value : values)
    out += fmt::format("<td class=\"n\">{}</td>", html_escaped(value));
  return out + "</tr>\n";
}

std::string figures(const Report& report) {
  std::vector<const Measurement*> runs = {&report.run};
  if (report.baseline_run) runs.push_back(&*report.baseline_run);
  const auto values = [&runs](const auto& text_of) {
    std::vector<std::string> texts;
    for (const Measurement* run : runs) texts.push_back(text_of(*run));
    return texts;
  };
  std::string out = "<table>\n";
  if (report.baseline_run) out += row("", {"target", "baseline"});
  out += row("good answers a second",
             values([](const Measurement& run) { return fmt::format("{:.1f}", run.rate()); }));
  if (report.run.rate_asked > 0)
    out +=
        row("asked a second",
            values([](const Measurement& run) { return fmt::format("{:.1f}", run.rate_asked); }));
  out += row("requests",
             values([](const Measurement& run) { return fmt::format("{}", run.requests()); }));
  out += row("errors",
             values([](const Measurement& run) { return fmt::format("{}", run.errors_in_all()); }));
  for (const auto& each : kPercentiles)
    out += row(each.name, values([&each](const Measurement& run) {
                 return short_duration(run.latency.percentile(each.percent));
               }));
  out += row("max",
             values([](const Measurement& run) { return short_duration(run.latency.largest()); }));
  out += row("received", values([](const Measurement& run) {
               return short_bytes(static_cast<double>(run.bytes));
             }));
  out += row("CPU of its process a request", values([](const Measurement& run) {
               const auto cpu = run.cpu_per_request();
               return cpu ? short_duration(*cpu) : std::string("unknown");
             }));
  return out + "</table>\n";
}

std::string counts(const Measurement& run) {
  std::string out = "<h2>Statuses and errors</h2>\n<table>\n";
  for (const auto& [status, count] : run.statuses)
    out += row(std::to_string(status), {std::to_string(count)});
  for (std::size_t i = 0; i < troubles; ++i)
    if (run.errors[i] > 0)
      out += row(fmt::format("error: {}", to_string(static_cast<Trouble>(i))),
                 {std::to_string(run.errors[i])});
  return out + "</table>\n";
}

std::string ratios(const Report& report) {
  std::string out = "<h2>Target / baseline</h2>\n<table>\n";
  out += row("", {"median", "least", "most"});
  const auto add = [&out](std::string_view name, const std::optional<Ratio>& ratio) {
    if (!ratio) return;
    out += row(name, {fmt::format("{:.3f}", ratio->median()), fmt::format("{:.3f}", ratio->least()),
                      fmt::format("{:.3f}", ratio->most())});
  };
  add("rate", report.ratios.rate);
  add("p50", report.ratios.p50);
  add("p99", report.ratios.p99);
  add("CPU", report.ratios.cpu);
  return out + "</table>\n";
}

}  // namespace

std::string html_report(const Report& report) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<title>harbor-router bench: {0}</title>\n<style>{1}</style>\n</head>\n<body>\n"
      "<h1>{0}</h1>\n<p>{2}<br>{3}, harbor-router {4}</p>\n",
      html_escaped(report.target), kStyle, html_escaped(report.load), html_escaped(report.when),
      html_escaped(report.version));
  if (report.baseline_run)
    out += fmt::format("<p>In turn with {}; plots of time join the rounds.</p>\n",
                       html_escaped(report.baseline));
  for (const Judgement& judgement : report.judgements)
    out += fmt::format("<p{}>{}: {} ({})</p>\n", judgement.broken ? " class=\"failed\"" : "",
                       html_escaped(judgement.threshold.text), judgement.broken ? "failed" : "fine",
                       html_escaped(judgement.value_text()));
  out += figures(report);
  if (report.baseline_run) out += ratios(report);
  out += svg_of(throughput(report)) + svg_of(latency_in_time(report)) +
         svg_of(latency_by_percentile(report));
  return out + counts(report.run) + "</body>\n</html>\n";
}

}  // namespace harbor_router::bench
