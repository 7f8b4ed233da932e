// bench: from settings to a load, and from what it found to a report and an exit code.
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>

#include <fmt/format.h>

#include "cmd/bench_wanted.hpp"
#include "cmd/embedded.hpp"
#include "cmd/ending.hpp"
#include "cmd/output.hpp"
#include "cmd/subcommands.hpp"
#include "cmd/version.hpp"
#include "harbor_router/base/duration.hpp"
#include "harbor_router/bench/load.hpp"
#include "harbor_router/bench/prepare.hpp"
#include "harbor_router/bench/report.hpp"
#include "harbor_router/bench/target_process.hpp"

namespace harbor_router {

namespace {

using options::BenchSettings;

constexpr std::size_t rounds_with_baseline = 3;

// One registry under load, prepared once; its tokens are renewed while it is.
struct Target {
  http::Origin origin;
  bench::PrepareSettings preparing;
  bench::Requests::Settings asking;
  bench::Prepared prepared;
  // The last is what is asked now; those before, with older tokens, may still be under way.
  std::vector<std::unique_ptr<bench::Requests>> requests;
  std::optional<bench::TargetProcess> process;

  void prepare_requests() {
    requests.push_back(std::make_unique<bench::Requests>(asking, prepared.subjects));
  }
  // Whether there are new requests. A token that cannot be had is asked for again; what the old one
  // is answered meanwhile is counted as any answer.
  bool renew() {
    if (base::Clock::now() < bench::renew_at(prepared)) return false;
    if (bench::renew(preparing, prepared) == 0) return false;
    prepare_requests();
    return true;
  }
};

std::string new_run_name() {
  std::random_device random;
  return fmt::format("{:08x}", random());
}

base::Result<Target> prepared_target(const BenchSettings& given, const BenchWanted& wanted,
                                     http::Origin origin) {
  bench::PrepareSettings settings{
      .target = origin, .login = wanted.login, .images = wanted.images, .timeout = given.timeout};
  const bool blobs = wanted.weights[static_cast<std::size_t>(bench::Kind::blob)] > 0;
  if (blobs) settings.learn = bench::Learn::blobs;
  if (given.cold) settings.learn = bench::Learn::nothing;
  Target target{.origin = origin, .preparing = settings};
  auto prepared = bench::prepare(settings);
  // The embedded router knows its projects a moment after it listens.
  for (int look = 0; !prepared && !given.target && look < 200; ++look) {
    if (const auto ending = ending_within(std::chrono::milliseconds(25))) end_by(*ending);
    prepared = bench::prepare(settings);
  }
  if (!prepared)
    return base::failure(prepared.error().code,
                         target.origin.url() + ": " + prepared.error().detail);
  target.prepared = std::move(*prepared);
  target.asking = {.host = origin.host_field(), .weights = wanted.weights};
  if (given.by_digest) target.asking.ask_by = bench::AskBy::digest;
  if (given.cold) {
    target.asking.names = bench::Names::never_seen;
    target.asking.run = new_run_name();
  }
  target.prepare_requests();
  target.process = bench::TargetProcess::serving(target.prepared.endpoints.front());
  return target;
}

using Ending = std::optional<int>;  // the signal that ended a run early

bench::Measurement measure(const BenchSettings& given, Target& target, Ending& ending) {
  target.renew();
  bench::LoadPlan plan{.host = target.origin.host,
                       .endpoints = target.prepared.endpoints,
                       .requests = target.requests.back().get(),
                       .threads = given.threads,
                       .connections = given.connections,
                       .timeout = given.timeout};
  if (target.prepared.tls) plan.tls = target.prepared.tls->native_handle();
  plan.pace = {.rate = given.rate, .warmup = given.warmup, .requests = given.requests};
  if (given.requests == 0) plan.pace.duration = given.duration;
  if (given.verify) plan.verify = bench::Verify::digests;
  bench::Load load(std::move(plan));
  load.start();
  bool begun = false;
  Progress progress;
  while (!load.is_done()) {
    if (const auto came = ending_within(std::chrono::milliseconds(begun ? 100 : 5))) {
      ending = came;
      load.stop();
    }
    const auto now = base::Clock::now();
    if (!begun && now >= load.measured_from()) {
      begun = true;
      if (target.process) target.process->begin();
    }
    if (target.renew()) load.use(*target.requests.back());
    const double seconds = std::chrono::duration<double>(now - load.measured_from()).count();
    progress.show(fmt::format("{}  {}  {} answers", target.origin.url(),
                              begun ? fmt::format("{:.0f}s", seconds) : std::string("warm-up"),
                              load.finished()));
  }
  bench::Measurement found = load.result();
  if (target.process && begun) found.target = target.process->usage();
  return found;
}

std::string load_in_words(const BenchSettings& given, const BenchWanted& wanted) {
  std::string words =
      fmt::format("{} connections, {} thread{}, {}, {} after {} of warm-up", given.connections,
                  given.threads, given.threads == 1 ? "" : "s",
                  given.rate > 0 ? fmt::format("{}/s", given.rate) : std::string("closed loop"),
                  given.requests > 0 ? fmt::format("{} requests", given.requests)
                                     : base::format_duration(given.duration),
                  base::format_duration(given.warmup));
  words += fmt::format("; {}; images: {}", given.mix, wanted.images.size());
  if (given.cold) words += "; names never seen";
  if (given.by_digest) words += "; by digest";
  if (given.verify) words += "; verified";
  return words;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%FT%TZ", &parts)};
}

void write_page(const std::string& path, const bench::Report& report) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bench::html_report(report);
  if (!file.flush()) throw std::runtime_error("--report " + path + ": cannot be written");
}

void print_report(const BenchSettings& given, const bench::Report& report) {
  if (!given.report_file.empty()) write_page(given.report_file, report);
  switch (given.output) {
    case options::BenchOutput::table:
      return print(bench::table_report(report));
    case options::BenchOutput::json:
      return print(bench::json_report(report));
    case options::BenchOutput::csv:
      return print(bench::csv_report(report));
  }
}

// A run that nothing came of is no success, and neither are bytes that lie.
ExitCode judged(const std::string& origin, const bench::Measurement& run) {
  if (const auto wrong = run.errors[static_cast<std::size_t>(bench::Trouble::digest)]; wrong > 0) {
    complain(fmt::format("{}: {} with bytes that are not those of their digest", origin,
                         wrong == 1 ? "1 answer" : fmt::format("{} answers", wrong)));
    return ExitCode::upstream;
  }
  if (run.good > 0) return ExitCode::success;
  complain(origin + ": no request succeeded");
  const auto of_status = [&run](std::initializer_list<int> statuses) {
    std::uint64_t count = 0;
    for (const int status : statuses)
      if (const auto found = run.statuses.find(status); found != run.statuses.end())
        count += found->second;
    return count;
  };
  const std::uint64_t asked = run.requests();
  if (asked > 0 && of_status({404}) == asked) return ExitCode::not_found;
  if (asked > 0 && of_status({401, 403, 412}) == asked) return ExitCode::refused;
  return ExitCode::upstream;
}

ExitCode judged(const bench::Report& report) {
  const bool broken = std::any_of(report.judgements.begin(), report.judgements.end(),
                                  [](const auto& each) { return each.broken; });
  ExitCode worst = judged(report.target, report.run);
  if (report.baseline_run) worst = std::max(worst, judged(report.baseline, *report.baseline_run));
  return broken ? ExitCode::threshold : worst;
}

int run(const BenchSettings& given, const BenchWanted& wanted, const Embedded* embedded) {
  auto target =
      prepared_target(given, wanted, embedded != nullptr ? embedded->origin() : *given.target);
  if (!target) return failed(target.error());
  if (embedded != nullptr) target->process = embedded->process();
  bench::Report report{.target = target->origin.url(),
                       .load = load_in_words(given, wanted),
                       .when = utc_now(),
                       .version = std::string(version())};
  Ending ending;
  if (given.baseline) {
    auto baseline = prepared_target(given, wanted, *given.baseline);
    if (!baseline) return failed(baseline.error());
    hold_endings();
    report.baseline = baseline->origin.url();
    report.baseline_run.emplace();
    for (std::size_t i = 0; i < rounds_with_baseline && !ending; ++i) {
      bench::Round round;
      round.target = measure(given, *target, ending);
      if (!ending) round.baseline = measure(given, *baseline, ending);
      report.run.append(round.target);
      report.baseline_run->append(round.baseline);
      report.rounds.push_back(std::move(round));
    }
    report.ratios = bench::compare(report.rounds);
  } else {
    hold_endings();
    report.run = measure(given, *target, ending);
  }
  for (const bench::Threshold& threshold : wanted.thresholds)
    report.judgements.push_back(bench::judge(threshold, report.run, report.ratios));
  print_report(given, report);
  if (ending) {
    complain("ended early: this is what was measured until then");
    end_by(*ending);
  }
  return code(judged(report));
}

}  // namespace

std::vector<std::string> check_bench(const options::Settings& settings) {
  return bench_problems(settings.bench);
}

int run_bench(const options::Settings& settings) {
  const BenchSettings& given = settings.bench;
  const auto wanted = bench_wanted(given);
  if (!wanted) return failed(wanted.error());
  if (given.target) return run(given, *wanted, nullptr);
  hold_endings();  // before there are threads that could take them
  static const auto* const embedded = new Embedded;  // never taken down; main ends by _Exit
  return run(given, *wanted, embedded);
}

}  // namespace harbor_router
