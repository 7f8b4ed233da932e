#include "harbor_router/observe/metrics.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <mutex>
#include <stdexcept>
#include <variant>

#include <fmt/format.h>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::observe {
namespace {

using std::chrono::nanoseconds;

struct Bound {
  nanoseconds value;
  std::string_view text;  // as `le` says it, in seconds
};

using namespace std::chrono_literals;
constexpr std::array<Bound, Histogram::bucket_count> bounds = {{{1ms, "0.001"},
                                                                {2500us, "0.0025"},
                                                                {5ms, "0.005"},
                                                                {10ms, "0.01"},
                                                                {25ms, "0.025"},
                                                                {50ms, "0.05"},
                                                                {100ms, "0.1"},
                                                                {250ms, "0.25"},
                                                                {500ms, "0.5"},
                                                                {1s, "1"},
                                                                {2500ms, "2.5"},
                                                                {5s, "5"},
                                                                {15s, "15"},
                                                                {60s, "60"}}};

bool is_name(std::string_view name, std::string_view also_allowed) {
  const auto fits = [also_allowed](char c) {
    return base::is_alphanumeric(c) || c == '_' || also_allowed.find(c) != also_allowed.npos;
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), fits);
}

void append_escaped(std::string& out, std::string_view text, std::string_view special) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (special.find(c) != special.npos) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
}

// `project="a",status="200"`: what stands between the braces.
std::string rendered(Labels labels) {
  std::sort(labels.begin(), labels.end());
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!is_name(name, "") || name == "le") throw std::logic_error("label name: " + name);
    if (!text.empty()) text += ',';
    text += name;
    text += "=\"";
    append_escaped(text, value, "\\\"");
    text += '"';
  }
  return text;
}

void append_sample(std::string& out, std::string_view name, std::string_view labels,
                   std::string_view more_labels, std::string_view value) {
  out += name;
  if (!labels.empty() || !more_labels.empty()) {
    fmt::format_to(std::back_inserter(out), "{{{}{}{}}}", labels,
                   labels.empty() || more_labels.empty() ? "" : ",", more_labels);
  }
  out += ' ';
  out += value;
  out += '\n';
}

}  // namespace

void Histogram::observe(nanoseconds value) noexcept {
  value = std::max(value, nanoseconds::zero());
  std::size_t bucket = 0;
  while (bucket < bucket_count && value > bounds[bucket].value) ++bucket;
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_nanoseconds_.fetch_add(static_cast<std::uint64_t>(value.count()), std::memory_order_relaxed);
}

struct Registry::Families {
  struct Family {
    std::string help;
    std::string_view kind;
    // By rendered labels; a map's nodes stay where they are.
    std::map<std::string, std::variant<Counter, Gauge, Histogram>> children;
  };

  template <class Metric>
  Metric& resolve(std::string_view kind, std::string_view name, std::string_view help,
                  const Labels& labels) {
    if (!is_name(name, ":")) throw std::logic_error("metric name: " + std::string(name));
    std::string key = rendered(labels);
    const std::lock_guard lock(mutex);
    Family& family =
        by_name.try_emplace(std::string(name), Family{std::string(help), kind, {}}).first->second;
    if (family.kind != kind) {
      throw std::logic_error(
          fmt::format("metric {} is a {} and not a {}", name, family.kind, kind));
    }
    const auto child =
        family.children.try_emplace(std::move(key), std::in_place_type<Metric>).first;
    return std::get<Metric>(child->second);
  }

  static void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                               const Histogram& histogram) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i <= Histogram::bucket_count; ++i) {
      count += histogram.buckets_[i].load(std::memory_order_relaxed);
      const std::string_view bound = i < Histogram::bucket_count ? bounds[i].text : "+Inf";
      append_sample(out, name + "_bucket", labels, fmt::format("le=\"{}\"", bound),
                    fmt::to_string(count));
    }
    const auto sum = histogram.sum_nanoseconds_.load(std::memory_order_relaxed);
    append_sample(out, name + "_sum", labels, "",
                  fmt::format("{}.{:09}", sum / 1'000'000'000, sum % 1'000'000'000));
    append_sample(out, name + "_count", labels, "", fmt::to_string(count));
  }

  mutable std::mutex mutex;
  std::map<std::string, Family> by_name;
};

Registry::Registry() : families_(std::make_unique<Families>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(std::string_view name, std::string_view help, const Labels& labels) {
  if (!name.ends_with("_total")) {
    throw std::logic_error("a counter's name ends in _total: " + std::string(name));
  }
  return families_->resolve<Counter>("counter", name, help, labels);
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return families_->resolve<Gauge>("gauge", name, help, labels);
}

Histogram& Registry::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  return families_->resolve<Histogram>("histogram", name, help, labels);
}

std::string Registry::exposition() const {
  std::string out;
  const std::lock_guard lock(families_->mutex);
  for (const auto& [name, family] : families_->by_name) {
    fmt::format_to(std::back_inserter(out), "# HELP {} ", name);
    append_escaped(out, family.help, "\\");
    fmt::format_to(std::back_inserter(out), "\n# TYPE {} {}\n", name, family.kind);
    for (const auto& [labels, child] : family.children) {
      if (const auto* counter = std::get_if<Counter>(&child)) {
        append_sample(out, name, labels, "", fmt::to_string(counter->value()));
      } else if (const auto* gauge = std::get_if<Gauge>(&child)) {
        append_sample(out, name, labels, "", fmt::to_string(gauge->value()));
      } else {
        Families::append_histogram(out, name, labels, std::get<Histogram>(child));
      }
    }
  }
  return out;
}

}  // namespace harbor_router::observe
