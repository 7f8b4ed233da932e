// cache-inspect: what a router remembers, shown and removed.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "cmd/mapping_source.hpp"
#include "cmd/output.hpp"
#include "cmd/record_sources.hpp"
#include "cmd/resolution_text.hpp"
#include "cmd/router_source.hpp"
#include "cmd/shared_cache.hpp"
#include "cmd/subcommands.hpp"
#include "cmd/text_table.hpp"
#include "harbor_router/base/json_text.hpp"
#include "harbor_router/store/image_pattern.hpp"

namespace harbor_router {

namespace {

using server::Json;

constexpr std::size_t page_size = 1000;
constexpr std::size_t top_images = 10;

std::vector<std::string> row_of(const Json& entry) {
  const auto seconds = [&](const char* key) {
    const auto found = entry.find(key);
    return found != entry.end() && found->is_number() ? found->dump() + "s" : std::string();
  };
  std::string hits = seconds("hits");
  if (!hits.empty()) hits.pop_back();
  return {text_at(entry, "image"), text_at(entry, "project"),     text_at(entry, "state"),
          seconds("age_seconds"),  seconds("expires_in_seconds"), hits};
}

const std::vector<std::string> headings = {"IMAGE", "PROJECT", "STATE", "AGE", "LEFT", "HITS"};

// Prints entries as they come: a table a page at a time, JSON as one array.
class Printer {
 public:
  Printer(options::OutputFormat format, std::string source)
      : format_(format), source_(std::move(source)), page_(headings) {}

  void entry(const Json& entry) {
    switch (format_) {
      case options::OutputFormat::json:
        print(count_ == 0 ? head() : ",\n");
        print(base::json_text(entry));
        break;
      case options::OutputFormat::name:
        print(printable(text_at(entry, "image")) + '\n');
        break;
      case options::OutputFormat::table:
        page_.add(row_of(entry));
        if (++on_page_ == page_size) flush();
        break;
    }
    ++count_;
  }
  void end(const Json& statistics) {
    if (format_ == options::OutputFormat::json) {
      if (count_ == 0) print(head());
      print(fmt::format("\n],\"stats\":{}}}\n", base::json_text(statistics)));
    }
    if (format_ == options::OutputFormat::table && (on_page_ > 0 || count_ == 0)) flush();
  }

 private:
  [[nodiscard]] std::string head() const {
    return fmt::format("{{\"source\":{},\"entries\":[\n", base::json_text(Json(source_)));
  }
  void flush() {
    print(page_.text(output_width()));
    page_ = Table(headings);
    on_page_ = 0;
  }

  options::OutputFormat format_;
  std::string source_;
  Table page_;
  std::size_t count_ = 0, on_page_ = 0;
};

bool before(options::SortBy by, const Json& a, const Json& b) {
  const auto number = [](const Json& entry, const char* key) {
    const auto found = entry.find(key);
    return found != entry.end() && found->is_number() ? found->get<std::int64_t>() : 0;
  };
  switch (by) {
    case options::SortBy::hits:
      return number(a, "hits") > number(b, "hits");
    case options::SortBy::age:
      return number(a, "age_seconds") < number(b, "age_seconds");
    case options::SortBy::project:
      return text_at(a, "project") < text_at(b, "project");
    case options::SortBy::image:
    case options::SortBy::nothing:
      break;
  }
  return text_at(a, "image") < text_at(b, "image");
}

bool is_given(const options::Settings& given, std::string_view flag) {
  return std::ranges::any_of(given.effective, [flag](const options::EffectiveSetting& setting) {
    return setting.name == flag && setting.source != options::Source::fallback;
  });
}

// Records in Redis and in snapshots say nothing of hits and age.
bool knows_use(const options::InspectSettings& asked) {
  return !asked.redis && asked.snapshot_file.empty();
}

int list(const options::Settings& given, MappingSource& source, const std::string& pattern) {
  const options::InspectSettings& asked = given.inspect;
  Printer printer(given.output.format, source.name());
  std::vector<Json> held;  // only what has to be sorted
  std::size_t shown = 0;
  const bool sorts = asked.sort != options::SortBy::nothing;
  const bool counts =
      source.counts_what_it_reads() && given.output.format == options::OutputFormat::json;
  const auto read = source.read(pattern, [&](const Json& entry) {
    if (sorts) {
      held.push_back(entry);
      return true;
    }
    if (asked.limit != 0 && shown == asked.limit) return true;  // read on for the totals
    printer.entry(entry);
    return ++shown != asked.limit || counts;
  });
  if (!read) return failed(read.error());
  std::stable_sort(held.begin(), held.end(),
                   [&](const Json& a, const Json& b) { return before(asked.sort, a, b); });
  if (asked.limit != 0 && held.size() > asked.limit) held.resize(asked.limit);
  for (const Json& entry : held) printer.entry(entry);
  printer.end(source.statistics());
  return code(ExitCode::success);
}

// Totals, and the images asked for most where that is known.
int statistics(const options::Settings& given, MappingSource& source, const std::string& pattern) {
  std::vector<Json> top;
  const auto hotter = [](const Json& a, const Json& b) {
    return before(options::SortBy::hits, a, b);
  };
  const auto read = source.read(pattern, [&](const Json& entry) {
    top.insert(std::upper_bound(top.begin(), top.end(), entry, hotter), entry);
    if (top.size() > top_images) top.pop_back();
    return true;
  });
  if (!read) return failed(read.error());
  Json stats = source.statistics();
  if (!knows_use(given.inspect)) top.clear();
  if (given.output.format == options::OutputFormat::json) {
    const Json told = {{"source", source.name()}, {"stats", stats}, {"top", top}};
    print(base::json_text(told, 2) + '\n');
    return code(ExitCode::success);
  }
  Table totals({"TOTAL", "VALUE"});
  for (const auto& [name, value] : stats.items())
    totals.add({name, value.is_number_float() ? fmt::format("{:.3f}", value.get<double>())
                                              : base::json_text(value)});
  Table images(headings);
  for (const Json& entry : top) images.add(row_of(entry));
  const std::size_t width = output_width();
  print(totals.text(width) + (images.empty() ? "" : "\n" + images.text(width)));
  return code(ExitCode::success);
}

int purge(const options::Settings& given, MappingSource& source, const std::string& pattern) {
  std::size_t count = 0, unreadable = 0;
  const auto read = source.read(pattern, [&](const Json& entry) {
    if (text_at(entry, "state") == unreadable_state) ++unreadable;
    return ++count != 0;
  });
  if (!read) return failed(read.error());
  complain(fmt::format("{} of {} match {}{}",
                       count == 1 ? "1 mapping" : fmt::format("{} mappings", count), source.name(),
                       pattern.empty() ? "(everything)" : pattern,
                       unreadable == 0 ? "" : fmt::format(", {} of them unreadable", unreadable)));
  if (!given.inspect.yes) {
    if (::isatty(STDIN_FILENO) != 1) {
      complain("nothing is removed: standard input is no terminal to ask at; add --yes");
      return code(ExitCode::usage);
    }
    // The other replicas are told too, and may hold some where this one holds none.
    std::cerr << (count == 0 ? "Have the other replicas forget them all the same? [y/N] "
                             : "Remove them? [y/N] ")
              << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "y" && answer != "Y" && answer != "yes") {
      complain("nothing is removed");
      return code(ExitCode::failure);
    }
  }
  const auto removed = source.purge(pattern);
  if (!removed) return failed(removed.error());
  if (given.output.format == options::OutputFormat::json)
    print(base::json_text(Json{{"source", source.name()}, {"removed", *removed}}) + '\n');
  else
    print(fmt::format("{} removed\n", *removed));
  return code(*removed == 0 ? ExitCode::not_found : ExitCode::success);
}

}  // namespace

std::vector<std::string> check_cache_inspect(const options::Settings& given) {
  const options::InspectSettings& asked = given.inspect;
  std::vector<std::string> problems;
  const std::size_t places = static_cast<std::size_t>(asked.redis) +
                             static_cast<std::size_t>(!asked.snapshot_file.empty()) +
                             static_cast<std::size_t>(is_given(given, "--server"));
  if (places > 1)
    problems.emplace_back("--server, --redis and --snapshot are different places; choose one");
  if (asked.purge && !given.arguments.empty() && given.arguments.front().empty())
    problems.emplace_back("the pattern to purge is empty; write '*' to remove everything");
  if (!given.arguments.empty() && given.arguments.front().size() > store::ImagePattern::longest)
    problems.emplace_back(store::ImagePattern::too_long);
  const bool sorts = asked.sort != options::SortBy::nothing;
  if (asked.purge && (asked.limit != 0 || sorts || asked.stats))
    problems.emplace_back(
        "--purge removes all that the pattern matches: without --limit, --sort and --stats");
  else if (asked.stats && (asked.limit != 0 || sorts))
    problems.emplace_back("--stats counts everything: without --limit and --sort");
  const bool by_use = asked.sort == options::SortBy::hits || asked.sort == options::SortBy::age;
  if (by_use && !knows_use(asked))
    problems.emplace_back(
        "--sort hits and --sort age are for a running router, which alone knows them");
  if (asked.redis && !redis_settings(given.shared_cache).enabled())
    problems.emplace_back("--redis: no Redis is named; set REDIS_SENTINELS or REDIS_URL");
  return problems;
}

int run_cache_inspect(const options::Settings& given) {
  const std::string pattern = given.arguments.empty() ? "" : given.arguments.front();
  const options::InspectSettings& asked = given.inspect;
  std::unique_ptr<MappingSource> source;
  if (asked.redis)
    source = redis_source(redis_settings(given.shared_cache));
  else if (!asked.snapshot_file.empty())
    source = snapshot_source(asked.snapshot_file);
  else
    source = running_router(asked.router, given.admin_token.value);
  if (asked.purge) return purge(given, *source, pattern);
  if (asked.stats) return statistics(given, *source, pattern);
  return list(given, *source, pattern);
}

}  // namespace harbor_router
