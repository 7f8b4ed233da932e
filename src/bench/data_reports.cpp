// For programs: JSON and CSV. Durations are milliseconds, as numbers.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/figures.hpp"
#include "harbor_router/base/json_text.hpp"
#include "harbor_router/bench/report.hpp"

namespace harbor_router::bench {

namespace {

using Json = nlohmann::ordered_json;

double milliseconds(Nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

Json json_of(const Measurement& run) {
  Json latency;
  for (const auto& [name, percent] : kPercentiles)
    latency[std::string(name)] = milliseconds(run.latency.percentile(percent));
  latency["max"] = milliseconds(run.latency.largest());
  latency["min"] = milliseconds(run.latency.smallest());
  latency["mean"] = milliseconds(run.latency.mean());
  Json statuses = Json::object(), errors = Json::object();
  for (const auto& [status, count] : run.statuses) statuses[std::to_string(status)] = count;
  for (std::size_t i = 0; i < troubles; ++i)
    errors[std::string(to_string(static_cast<Trouble>(i)))] = run.errors[i];
  Json made = {{"requests", run.requests()},
               {"good", run.good},
               {"errors", run.errors_in_all()},
               {"errors_by_kind", std::move(errors)},
               {"statuses", std::move(statuses)},
               {"unsent", run.unsent},
               {"seconds", static_cast<double>(run.elapsed.count()) / 1e9},
               {"rate_asked", nullptr},
               {"rate", run.rate()},
               {"latency_ms", std::move(latency)},
               {"bytes", run.bytes},
               {"verified", run.verified},
               {"connections", run.connections},
               {"process", nullptr}};
  if (run.rate_asked > 0) made["rate_asked"] = run.rate_asked;
  if (const auto cpu = run.cpu_per_request())
    made["process"] = {{"pids", run.target->processes},
                       {"cpu_us_per_request", static_cast<double>(cpu->count()) / 1e3},
                       {"resident_bytes", run.target->resident_bytes},
                       {"resident_growth_bytes", run.target->resident_growth}};
  const auto asked = static_cast<double>(run.asked);
  made["generator_cpu_us_per_request"] =
      run.asked == 0 ? 0 : static_cast<double>(run.generator_cpu.count()) / 1e3 / asked;
  return made;
}

Json json_of(const std::optional<Ratio>& ratio) {
  if (!ratio) return nullptr;
  return {{"median", ratio->median()},
          {"least", ratio->least()},
          {"most", ratio->most()},
          {"pairs", ratio->pairs}};
}

// Quoted where a reader would take it apart (RFC 4180).
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_line(const std::string& url, std::size_t round, const Measurement& run) {
  std::string line =
      fmt::format("{},{},{},{},{},{},{:.3f},{:.3f}", csv_field(url), round, run.requests(),
                  run.good, run.errors_in_all(), run.unsent, run.rate_asked, run.rate());
  for (const auto& each : kPercentiles)
    line += fmt::format(",{:.6f}", milliseconds(run.latency.percentile(each.percent)));
  line += fmt::format(",{:.6f},{:.6f},{},{}", milliseconds(run.latency.largest()),
                      milliseconds(run.latency.mean()), run.bytes, run.verified);
  const auto cpu = run.cpu_per_request();
  line += cpu ? fmt::format(",{:.3f},{}", static_cast<double>(cpu->count()) / 1e3,
                            run.target->resident_bytes)
              : std::string(",,");
  return line + "\n";
}

}  // namespace

std::string json_report(const Report& report) {
  Json judgements = Json::array();
  for (const Judgement& judgement : report.judgements)
    judgements.push_back({{"condition", judgement.threshold.text},
                          {"value", judgement.value_text()},
                          {"failed", judgement.broken}});
  Json document = {
      {"target", report.target},         {"load", report.load},           {"began", report.when},
      {"version", report.version},       {"result", json_of(report.run)}, {"baseline", nullptr},
      {"fail_if", std::move(judgements)}};
  if (report.baseline_run) {
    Json rounds = Json::array();
    for (const Round& round : report.rounds)
      rounds.push_back({{"target", json_of(round.target)}, {"baseline", json_of(round.baseline)}});
    document["baseline"] = {{"target", report.baseline},
                            {"result", json_of(*report.baseline_run)},
                            {"ratios",
                             {{"rate", json_of(report.ratios.rate)},
                              {"p50", json_of(report.ratios.p50)},
                              {"p99", json_of(report.ratios.p99)},
                              {"cpu", json_of(report.ratios.cpu)}}},
                            {"rounds", std::move(rounds)}};
  }
  return base::json_text(document, 2) + "\n";
}

std::string csv_report(const Report& report) {
  std::string out = "target,round,requests,good,errors,unsent,rate_asked,rate";
  for (const auto& each : kPercentiles) out += fmt::format(",{}_ms", each.name);
  out += ",max_ms,mean_ms,bytes,verified,cpu_us_per_request,resident_bytes\n";
  if (report.rounds.empty()) return out + csv_line(report.target, 1, report.run);
  for (std::size_t i = 0; i < report.rounds.size(); ++i) {
    out += csv_line(report.target, i + 1, report.rounds[i].target);
    out += csv_line(report.baseline, i + 1, report.rounds[i].baseline);
  }
  return out;
}

}  // namespace harbor_router::bench
