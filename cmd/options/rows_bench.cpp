// Flags of bench.
#include <charconv>

#include "cmd/options/rows.hpp"

namespace harbor_router::options {
namespace {

using namespace rows;
using B = BenchSettings;
using base::Result;

constexpr auto kBench = &Settings::bench;

template <std::optional<http::Origin> B::*field>
Result<void> origin_into(Settings& settings, std::string_view text) {
  auto origin = parse_origin(text);
  if (!origin) return origin.error();
  settings.bench.*field = std::move(*origin);
  return {};
}

template <std::vector<std::string> B::*field>
Result<void> one_more(Settings& settings, std::string_view text) {
  (settings.bench.*field).emplace_back(text);
  return {};
}

Result<double> parse_rate(std::string_view text) {
  double rate = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, rate, std::chars_format::fixed);
  if (error != std::errc{} || stopped != end || !(rate >= 0.001 && rate <= 1e7))
    return base::failure(
        base::Errc::invalid,
        "\"" + std::string(text) + "\" is no rate; write requests a second, such as 500 or 0.5");
  return rate;
}

Result<BenchOutput> parse_bench_output(std::string_view text) {
  if (text == "table") return BenchOutput::table;
  if (text == "json") return BenchOutput::json;
  if (text == "csv") return BenchOutput::csv;
  return base::failure(base::Errc::invalid,
                       "\"" + std::string(text) + "\" is not one of table, json, csv");
}

constexpr Setting kBenchRows[] = {
    {.flag = "--target",
     .kind = ValueKind::url,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "The registry to put under load. Without it a stand-in for Harbor and a router before "
             "it run inside this process.",
     .assign = origin_into<&B::target>},
    {.flag = "--baseline",
     .kind = ValueKind::url,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "A second registry, measured in turn with --target, three rounds each; the ratio of "
             "each pair is shown.",
     .assign = origin_into<&B::baseline>},
    {.flag = "--image",
     .value_name = "IMAGE",
     .occurrence = Occurrence::every,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "An image to ask for, as it is named behind the target's host: "
             "proxy/library/nginx:1.27. May be given more than once.",
     .assign = one_more<&B::images>},
    {.flag = "--images-from",
     .kind = ValueKind::file,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "Images, one on each line; blank lines and those that begin with # are skipped.",
     .assign = into<parse_readable_file, kBench, &B::images_file>},
    {.flag = "--mix",
     .fallback = "manifest:1",
     .value_name = "WEIGHTS",
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "What is asked for, and how often: manifest:8,head:1,blob:1.",
     .assign = into<text_as_written, kBench, &B::mix>},
    {.flag = "--cold",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "Ask for names never seen, so that each is looked for in all projects; 404 is what is "
             "expected then.",
     .assign = set<kBench, &B::cold>},
    {.flag = "--by-digest",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "Ask for manifests by digest.",
     .assign = set<kBench, &B::by_digest>},
    {.flag = "--verify",
     .kind = ValueKind::none,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "Compute the SHA-256 of everything received and compare it.",
     .assign = set<kBench, &B::verify>},
    {.flag = "--user",
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "Ask with the rights of this person, whose password --password-file holds.",
     .assign = into<parse_username, kBench, &B::user>},
    {.flag = "--password-file",
     .kind = ValueKind::file,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "Holds the password of --user.",
     .assign = into<parse_readable_file, kBench, &B::password_file>},
    {.flag = "--connections",
     .short_flag = "-c",
     .fallback = "64",
     .kind = ValueKind::count,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "How many connections ask at once.",
     .assign = into<count<1, 100'000>, kBench, &B::connections>},
    {.flag = "--load-threads",
     .short_flag = "-t",
     .fallback = "1",
     .kind = ValueKind::count,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "How many threads drive the connections.",
     .assign = into<count<1, 1'024>, kBench, &B::threads>},
    {.flag = "--duration",
     .short_flag = "-z",
     .fallback = "10s",
     .kind = ValueKind::duration,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "How long to measure, unless -n says how much.",
     .assign = into<positive, kBench, &B::duration>},
    {.flag = "--requests",
     .short_flag = "-n",
     .fallback = "0",
     .kind = ValueKind::count,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "How many requests to measure, however long they take; 0 leaves it to -z.",
     .assign = into<count<0, 1'000'000'000>, kBench, &B::requests>},
    {.flag = "--rate",
     .short_flag = "-r",
     .value_name = "NUMBER",
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "Requests a second, sent when they are due whatever became of those before; latency "
             "counts from there. Without it each connection asks as soon as it is answered.",
     .assign = into<parse_rate, kBench, &B::rate>},
    {.flag = "--warmup",
     .fallback = "1s",
     .kind = ValueKind::duration,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "How long to ask before measuring.",
     .assign = into<any_duration, kBench, &B::warmup>},
    {.flag = "--timeout",
     .fallback = "30s",
     .kind = ValueKind::duration,
     .group = Group::question,
     .used_by = Commands::bench,
     .help = "How long a whole answer may take.",
     .assign = into<positive, kBench, &B::timeout>},
    {.flag = "--fail-if",
     .value_name = "CONDITION",
     .occurrence = Occurrence::every,
     .group = Group::output,
     .used_by = Commands::bench,
     .help = "Exit with 7 when it holds: p99>5ms, errors>0, errors>0.1%, rate<1000, cpu>40us, "
             "p99_ratio>1.2 (with --baseline). May be given more than once.",
     .assign = one_more<&B::fail_if>},
    {.flag = "--output",
     .short_flag = "-o",
     .fallback = "table",
     .kind = ValueKind::choice,
     .choices = "table|json|csv",
     .group = Group::output,
     .used_by = Commands::bench,
     .help = "How the result is printed: for people, or for programs.",
     .assign = into<parse_bench_output, kBench, &B::output>},
    {.flag = "--report",
     .kind = ValueKind::file,
     .group = Group::output,
     .used_by = Commands::bench,
     .help = "Write one page of HTML with plots, which needs nothing but itself.",
     .assign = into<text_as_written, kBench, &B::report_file>},
};

}  // namespace

std::span<const Setting> bench_rows() {
  return kBenchRows;
}

}  // namespace harbor_router::options
