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

#include "cmd/embedded.hpp"
#include "cmd/ending.hpp"
#include "cmd/image_list.hpp"
#include "cmd/options/values.hpp"
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

std::vector<oci::ImageName> images_of(const BenchSettings& given) {
  std::vector<std::string> texts = given.images;
  if (!given.images_file.empty()) {
    const auto listed = read_image_list(given.images_file);
    if (!listed) throw std::invalid_argument("--images-from: " + listed.error().detail);
    texts.insert(texts.end(), listed->begin(), listed->end());
  }
  if (texts.empty() && !given.target)
    texts = {"proxy/hello:latest", "proxy/demo/multi:latest", "proxy/demo/tool:latest"};
  std::vector<oci::ImageName> images;
  for (const std::string& text : texts) {
    auto image = oci::parse_image_name(text);
    if (!image || image->host)
      throw std::invalid_argument(
          fmt::format("--image \"{}\" is no name behind the target's host; write one such as "
                      "proxy/library/nginx:1.27",
                      text));
    images.push_back(std::move(*image));
  }
  if (images.empty()) throw std::invalid_argument("--target needs an --image to ask for");
  return images;
}

struct Wanted {
  bench::Weights weights;
  std::vector<bench::Threshold> thresholds;
  std::vector<oci::ImageName> images;
  std::optional<bench::Login> login;
};

// What the rows alone cannot tell; throws std::invalid_argument in the user's words.
Wanted understood(const BenchSettings& given) {
  Wanted wanted;
  const auto weights = bench::parse_mix(given.mix);
  if (!weights) throw std::invalid_argument("--mix: " + weights.error().detail);
  wanted.weights = *weights;
  if (given.cold &&
      (wanted.weights[static_cast<std::size_t>(bench::Kind::blob)] > 0 || given.by_digest))
    throw std::invalid_argument("--cold asks for tags of new names: without blob and --by-digest");
  if (given.baseline && !given.target)
    throw std::invalid_argument("--baseline needs a --target to compare with it");
  for (const std::string& text : given.fail_if) {
    auto threshold = bench::parse_threshold(text);
    if (!threshold) throw std::invalid_argument("--fail-if: " + threshold.error().detail);
    if (bench::needs_baseline(*threshold) && !given.baseline)
      throw std::invalid_argument(fmt::format("--fail-if {} needs a --baseline", text));
    wanted.thresholds.push_back(std::move(*threshold));
  }
  wanted.images = images_of(given);
  if (!given.user.empty()) {
    if (given.password_file.empty()) throw std::invalid_argument("--user needs a --password-file");
    auto password = options::read_secret_file(given.password_file);
    if (!password) throw std::invalid_argument("--password-file: " + password.error().detail);
    wanted.login = bench::Login{.name = given.user, .password = std::move(*password)};
  }
  return wanted;
}

std::string new_run_name() {
  std::random_device random;
  return fmt::format("{:08x}", random());
}

Target prepared_target(const BenchSettings& given, const Wanted& wanted, http::Origin origin) {
  bench::PrepareSettings settings{
      .target = origin, .login = wanted.login, .images = wanted.images, .timeout = given.timeout};
  const bool blobs = wanted.weights[static_cast<std::size_t>(bench::Kind::blob)] > 0;
  if (blobs) settings.learn = bench::Learn::blobs;
  if (given.cold) settings.learn = bench::Learn::nothing;
  Target target{.origin = origin, .preparing = settings};
  auto prepared = bench::prepare(settings);
  // The embedded router knows its projects a moment after it listens.
  for (int look = 0; !prepared && !given.target && look < 200; ++look) {
    if (ending_within(std::chrono::milliseconds(25))) break;
    prepared = bench::prepare(settings);
  }
  if (!prepared) throw std::runtime_error(target.origin.url() + ": " + prepared.error().detail);
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

bench::Measurement measure(const BenchSettings& given, Target& target, bool& stopped) {
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
    if (ending_within(std::chrono::milliseconds(begun ? 100 : 5))) {
      stopped = true;
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

std::string load_in_words(const BenchSettings& given, const Wanted& wanted) {
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

int report_on(const BenchSettings& given, const bench::Report& report) {
  if (!given.report_file.empty()) write_page(given.report_file, report);
  switch (given.output) {
    case options::BenchOutput::table:
      print(bench::table_report(report));
      break;
    case options::BenchOutput::json:
      print(bench::json_report(report));
      break;
    case options::BenchOutput::csv:
      print(bench::csv_report(report));
      break;
  }
  const bool broken = std::any_of(report.judgements.begin(), report.judgements.end(),
                                  [](const auto& each) { return each.broken; });
  return code(broken ? ExitCode::threshold : ExitCode::success);
}

int run(const BenchSettings& given, const Wanted& wanted, const Embedded* embedded) {
  Target target =
      prepared_target(given, wanted, embedded != nullptr ? embedded->origin() : *given.target);
  if (embedded != nullptr) target.process = embedded->process();
  bench::Report report{.target = target.origin.url(),
                       .load = load_in_words(given, wanted),
                       .when = utc_now(),
                       .version = std::string(version())};
  bool stopped = false;
  if (given.baseline) {
    Target baseline = prepared_target(given, wanted, *given.baseline);
    report.baseline = baseline.origin.url();
    report.baseline_run.emplace();
    for (std::size_t i = 0; i < rounds_with_baseline && !stopped; ++i) {
      bench::Round round;
      round.target = measure(given, target, stopped);
      if (!stopped) round.baseline = measure(given, baseline, stopped);
      report.run.append(round.target);
      report.baseline_run->append(round.baseline);
      report.rounds.push_back(std::move(round));
    }
    report.ratios = bench::compare(report.rounds);
  } else {
    report.run = measure(given, target, stopped);
  }
  for (const bench::Threshold& threshold : wanted.thresholds)
    report.judgements.push_back(bench::judge(threshold, report.run, report.ratios));
  return report_on(given, report);
}

}  // namespace

int run_bench(const options::Settings& settings) {
  const BenchSettings& given = settings.bench;
  Wanted wanted;
  try {
    wanted = understood(given);
  } catch (const std::invalid_argument& error) {
    complain(error.what());
    return code(ExitCode::usage);
  }
  hold_endings();  // a run that is ended early is still reported
  if (given.target) return run(given, wanted, nullptr);
  static const auto* const embedded = new Embedded;  // never taken down; main ends by _Exit
  return run(given, wanted, embedded);
}

}  // namespace harbor_router
