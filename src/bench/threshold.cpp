#include "harbor_router/bench/threshold.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/base/duration.hpp"

namespace harbor_router::bench {

namespace {

using Value = std::optional<double>;

double as_number(Nanoseconds duration) {
  return static_cast<double>(duration.count());
}

Value median_of(const std::optional<Ratio>& ratio) {
  if (!ratio) return std::nullopt;
  return ratio->median();
}

struct Metric {
  std::string_view name;
  Unit unit;
  Value (*value)(const Measurement&, const Ratios&);
};

template <int thousandths_of_a_percent>
Value percentile(const Measurement& run, const Ratios&) {
  if (run.latency.count() == 0) return std::nullopt;
  return as_number(run.latency.percentile(thousandths_of_a_percent / 1000.0));
}

constexpr Metric kMetrics[] = {
    {"p50", Unit::duration, percentile<50'000>},
    {"p75", Unit::duration, percentile<75'000>},
    {"p90", Unit::duration, percentile<90'000>},
    {"p95", Unit::duration, percentile<95'000>},
    {"p99", Unit::duration, percentile<99'000>},
    {"p99.9", Unit::duration, percentile<99'900>},
    {"max", Unit::duration, percentile<100'000>},
    {"mean", Unit::duration,
     [](const Measurement& run, const Ratios&) -> Value {
       if (run.latency.count() == 0) return std::nullopt;
       return as_number(run.latency.mean());
     }},
    {"cpu", Unit::duration,
     [](const Measurement& run, const Ratios&) -> Value {
       const auto cpu = run.cpu_per_request();
       if (!cpu) return std::nullopt;
       return as_number(*cpu);
     }},
    {"errors", Unit::count,
     [](const Measurement& run, const Ratios&) -> Value {
       return static_cast<double>(run.errors_in_all());
     }},
    {"unsent", Unit::count,
     [](const Measurement& run, const Ratios&) -> Value {
       return static_cast<double>(run.unsent);
     }},
    {"rate", Unit::per_second,
     [](const Measurement& run, const Ratios&) -> Value { return run.rate(); }},
    {"rate_ratio", Unit::ratio,
     [](const Measurement&, const Ratios& ratios) { return median_of(ratios.rate); }},
    {"p50_ratio", Unit::ratio,
     [](const Measurement&, const Ratios& ratios) { return median_of(ratios.p50); }},
    {"p99_ratio", Unit::ratio,
     [](const Measurement&, const Ratios& ratios) { return median_of(ratios.p99); }},
    {"cpu_ratio", Unit::ratio,
     [](const Measurement&, const Ratios& ratios) { return median_of(ratios.cpu); }},
};

const Metric* metric_named(std::string_view name) {
  for (const Metric& metric : kMetrics)
    if (metric.name == name) return &metric;
  return nullptr;
}

base::Failure no_threshold(std::string_view text, std::string_view why) {
  return base::failure(
      base::Errc::invalid,
      fmt::format("\"{}\" {}; write one such as p99>5ms, errors>0 or rate<1000", text, why));
}

Value number_in(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || stopped != end || !std::isfinite(number) || number < 0)
    return std::nullopt;
  return number;
}

bool holds(Sign sign, double value, double limit) {
  switch (sign) {
    case Sign::more:
      return value > limit;
    case Sign::at_least:
      return value >= limit;
    case Sign::less:
      return value < limit;
    case Sign::at_most:
      return value <= limit;
  }
  return true;
}

}  // namespace

base::Result<Threshold> parse_threshold(std::string_view text) {
  const std::size_t at = text.find_first_of("<>");
  if (at == std::string_view::npos) return no_threshold(text, "has neither > nor <");
  const std::string_view name = base::trimmed(text.substr(0, at));
  const Metric* metric = metric_named(name);
  if (metric == nullptr) {
    std::string names;
    for (const Metric& known : kMetrics) names.append(names.empty() ? "" : " ").append(known.name);
    return no_threshold(text, fmt::format("names no metric ({} exist)", names));
  }
  const bool or_equal = text.substr(at + 1).starts_with('=');
  std::string_view limit = base::trimmed(text.substr(at + (or_equal ? 2 : 1)));
  Threshold threshold{.text = std::string(text), .metric = std::string(name)};
  threshold.sign = text[at] == '>' ? (or_equal ? Sign::at_least : Sign::more)
                                   : (or_equal ? Sign::at_most : Sign::less);
  threshold.unit = metric->unit;
  if (metric->unit == Unit::duration) {
    const auto duration = base::parse_duration(limit);
    if (!duration) return no_threshold(text, fmt::format("has no duration behind the sign"));
    threshold.limit = as_number(*duration);
    return threshold;
  }
  if (name == "errors" && limit.ends_with('%')) {
    threshold.unit = Unit::percent;
    limit.remove_suffix(1);
  }
  const Value number = number_in(limit);
  if (!number) return no_threshold(text, "has no number behind the sign");
  threshold.limit = *number;
  return threshold;
}

bool needs_baseline(const Threshold& threshold) noexcept {
  return threshold.unit == Unit::ratio;
}

Judgement judge(const Threshold& threshold, const Measurement& run, const Ratios& ratios) {
  Judgement judgement{.threshold = threshold,
                      .value = metric_named(threshold.metric)->value(run, ratios)};
  if (threshold.unit == Unit::percent && run.requests() > 0)
    judgement.value = *judgement.value * 100 / static_cast<double>(run.requests());
  judgement.broken = !judgement.value || holds(threshold.sign, *judgement.value, threshold.limit);
  return judgement;
}

std::string Judgement::value_text() const {
  if (!value) return "unknown";
  switch (threshold.unit) {
    case Unit::duration:
      return base::format_duration(Nanoseconds(static_cast<std::int64_t>(*value)));
    case Unit::count:
      return fmt::format("{:.0f}", *value);
    case Unit::percent:
      return fmt::format("{:.3f} %", *value);
    case Unit::per_second:
      return fmt::format("{:.1f}/s", *value);
    case Unit::ratio:
      break;
  }
  return fmt::format("{:.3f}", *value);
}

}  // namespace harbor_router::bench
