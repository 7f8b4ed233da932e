// The whole table of three projects: what each has said or not said yet, in every order of arrival
// and of ranks, against the rules of docs/architecture.md written down once more.
#include "harbor_router/routing/decision.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <optional>
#include <set>
#include <vector>

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::routing;
using namespace std::chrono_literals;
using Kind = Verdict::Kind;

namespace {

constexpr std::size_t projects = 3;
const base::TimePoint rank_deadline{1h}, in_time = rank_deadline - 1ns, too_late = rank_deadline;

using Words = std::array<std::optional<Outcome>, projects>;  // nullopt: silent so far
using Order = std::array<std::size_t, projects>;             // who speaks first, second, third
using Ranks = std::array<int, projects>;

struct Situation {
  Words words;
  Order order{0, 1, 2};
  Ranks ranks{0, 0, 0};
  OnUnknown on_unknown = OnUnknown::fail;
  base::TimePoint now = in_time;
};

// What the client is told when nobody has it, by how much that says.
constexpr std::array<std::pair<Outcome, Kind>, 4> bad_news = {
    {{Outcome::limited, Kind::limited},
     {Outcome::timeout, Kind::timed_out},
     {Outcome::failed, Kind::failed},
     {Outcome::skipped, Kind::unavailable}}};

// The verdicts the rules allow; several only where they leave open whose word is passed on.
std::vector<Verdict> allowed(const Situation& s) {
  const auto said = [&s](std::size_t i, Outcome outcome) { return s.words[i] == outcome; };
  const auto has_it = [&](std::size_t i) {
    return said(i, Outcome::hit) || said(i, Outcome::blocked);
  };
  std::vector<std::size_t> in_favour;  // by arrival, then the best-ranked to the front
  std::copy_if(s.order.begin(), s.order.end(), std::back_inserter(in_favour), has_it);
  std::stable_sort(in_favour.begin(), in_favour.end(),
                   [&s](std::size_t a, std::size_t b) { return s.ranks[a] < s.ranks[b]; });
  std::vector<Verdict> verdicts;
  if (in_favour.empty()) {
    if (std::count(s.words.begin(), s.words.end(), std::nullopt) > 0) return {{Kind::waiting}};
    if (std::count(s.words.begin(), s.words.end(), Outcome::miss) == projects)
      return {{Kind::not_found}};
    for (const auto& [outcome, kind] : bad_news) {
      for (std::size_t i = 0; i < projects; ++i)
        if (said(i, outcome)) verdicts.push_back({kind, i});
      if (!verdicts.empty()) return verdicts;
    }
    const bool all = std::count(s.words.begin(), s.words.end(), Outcome::refused) == projects;
    for (std::size_t i = 0; i < projects; ++i)
      if (said(i, Outcome::refused))
        verdicts.push_back({all ? Kind::all_refused : Kind::refused, i});
    return verdicts;
  }
  const std::size_t winner = in_favour.front();
  for (std::size_t i = 0; i < projects; ++i) {
    if (s.ranks[i] >= s.ranks[winner]) continue;
    if (!s.words[i] && s.now < rank_deadline) return {{Kind::waiting}};
    if (!s.words[i]) verdicts.push_back({Kind::timed_out, i});
    for (const auto& [outcome, kind] : bad_news)
      if (said(i, outcome)) verdicts.push_back({kind, i});
  }
  if (!verdicts.empty() && s.on_unknown == OnUnknown::fail) return verdicts;
  return {{said(winner, Outcome::hit) ? Kind::chosen : Kind::blocked, winner}};
}

Decision decision_of(const Situation& s) {
  Decision decision({s.ranks.begin(), s.ranks.end()}, rank_deadline, s.on_unknown);
  for (const std::size_t i : s.order)
    if (s.words[i]) decision.add(i, *s.words[i]);
  return decision;
}

bool same(const Verdict& a, const Verdict& b) {
  const bool index_counts = a.kind != Kind::waiting && a.kind != Kind::not_found;
  return a.kind == b.kind && (!index_counts || a.index == b.index);
}

// Told beside the kind, where that is no hit's.
bool tells_refusals(const Verdict& verdict, const Situation& s) {
  const bool without_hit = verdict.kind != Kind::waiting && verdict.kind != Kind::chosen &&
                           verdict.kind != Kind::blocked &&
                           std::none_of(s.words.begin(), s.words.end(), [](const auto& word) {
                             return word == Outcome::hit || word == Outcome::blocked;
                           });
  const bool refused = std::count(s.words.begin(), s.words.end(), Outcome::refused) > 0;
  return verdict.someone_refused == (without_hit && refused);
}

bool is_allowed(const Verdict& verdict, const Situation& s) {
  if (!tells_refusals(verdict, s)) return false;
  const auto verdicts = allowed(s);
  return std::any_of(verdicts.begin(), verdicts.end(),
                     [&](const Verdict& each) { return same(verdict, each); });
}

std::string text(const Situation& s) {
  std::string words;
  for (const std::size_t i : s.order)
    words += std::to_string(i) + " (rank " + std::to_string(s.ranks[i]) +
             "): " + (s.words[i] ? harbor::to_string(*s.words[i]) : "silent") + "; ";
  return words + (s.on_unknown == OnUnknown::fail ? "fail" : "next") +
         (s.now == in_time ? ", in time" : ", too late");
}

constexpr std::array<Outcome, 8> outcomes = {Outcome::hit,     Outcome::miss,    Outcome::refused,
                                             Outcome::limited, Outcome::blocked, Outcome::failed,
                                             Outcome::timeout, Outcome::skipped};

template <class Visit>
void for_every_word(std::size_t choices, Visit visit) {
  const auto word = [](std::size_t i) {
    return i < outcomes.size() ? std::optional(outcomes[i]) : std::nullopt;
  };
  for (std::size_t a = 0; a < choices; ++a)
    for (std::size_t b = 0; b < choices; ++b)
      for (std::size_t c = 0; c < choices; ++c) visit(Words{word(a), word(b), word(c)});
}

template <class Visit>
void for_every_order(Visit visit) {
  Order order{0, 1, 2};
  do visit(order);
  while (std::next_permutation(order.begin(), order.end()));
}

template <class Visit>
void for_every_rank(Visit visit) {
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < 3; ++c) visit(Ranks{a, b, c});
}

}  // namespace

TEST_CASE("every combination of words, orders and ranks is decided by the rules") {
  std::size_t situations = 0;
  for_every_word(outcomes.size() + 1, [&](const Words& words) {
    for_every_order([&](const Order& order) {
      for_every_rank([&](const Ranks& ranks) {
        for (const OnUnknown on_unknown : {OnUnknown::fail, OnUnknown::next})
          for (const base::TimePoint now : {in_time, too_late}) {
            const Situation s{words, order, ranks, on_unknown, now};
            ++situations;
            const Verdict verdict = decision_of(s).verdict(now);
            if (is_allowed(verdict, s)) continue;
            FAIL_CHECK(text(s) << ": decided " << static_cast<int>(verdict.kind) << " of "
                               << verdict.index);
          }
      });
    });
  });
  CHECK(situations == 729 * 6 * 27 * 4);
}

TEST_CASE("without ranks the first who has it wins, and no deadline matters") {
  for_every_word(outcomes.size() + 1, [&](const Words& words) {
    for_every_order([&](const Order& order) {
      Decision decision(projects);
      for (const std::size_t i : order)
        if (words[i]) decision.add(i, *words[i]);
      for (const base::TimePoint now : {base::TimePoint::min(), base::TimePoint::max()}) {
        const Situation s{words, order};
        if (!is_allowed(decision.verdict(now), s)) FAIL_CHECK(text(s));
      }
    });
  });
}

TEST_CASE("once decided, what comes later changes nothing") {
  for_every_word(outcomes.size(), [&](const Words& words) {
    for_every_order([&](const Order& order) {
      for_every_rank([&](const Ranks& ranks) {
        for (const OnUnknown on_unknown : {OnUnknown::fail, OnUnknown::next}) {
          const Situation s{words, order, ranks, on_unknown, in_time};
          Decision decision({ranks.begin(), ranks.end()}, rank_deadline, on_unknown);
          Verdict early;
          for (const std::size_t i : order) {
            decision.add(i, *words[i]);
            if (early.kind == Kind::waiting) early = decision.verdict(in_time);
          }
          if (!same(early, decision.verdict(in_time))) FAIL_CHECK(text(s));
        }
      });
    });
  });
}

TEST_CASE("one project's word alone is decided as where it is the only candidate") {
  for (const Outcome outcome : outcomes) {
    Decision decision(1);
    decision.add(0, outcome);
    CHECK_MESSAGE(verdict_of(outcome) == decision.verdict(in_time).kind,
                  harbor::to_string(outcome));
  }
}

TEST_CASE("the first word of a project counts") {
  Decision decision(2);
  decision.add(0, Outcome::miss);
  decision.add(0, Outcome::hit);
  decision.add(1, Outcome::miss);
  CHECK(decision.verdict(in_time).kind == Kind::not_found);
}

TEST_CASE("with nobody to ask there is nothing to wait for") {
  CHECK(Decision(0).verdict(in_time).kind == Kind::no_candidate);
  CHECK(Decision({}, rank_deadline, OnUnknown::fail).verdict(in_time).kind == Kind::no_candidate);
}

TEST_CASE("a story: the better-ranked project is waited for, but not for ever") {
  Decision tag({1, 2}, rank_deadline, OnUnknown::fail);
  Decision digest({1, 2}, rank_deadline, OnUnknown::next);
  for (Decision* each : {&tag, &digest}) {
    each->add(1, Outcome::hit);
    CHECK(each->verdict(in_time).kind == Kind::waiting);
  }
  CHECK(tag.verdict(too_late).kind == Kind::timed_out);
  CHECK(tag.verdict(too_late).index == 0);
  CHECK(digest.verdict(too_late).kind == Kind::chosen);
  CHECK(digest.verdict(too_late).index == 1);
  tag.add(0, Outcome::miss);
  CHECK(tag.verdict(in_time).kind == Kind::chosen);
  CHECK(tag.verdict(in_time).index == 1);
}
