// What manifest() would do, told instead of done. The order of questions here is that of
// manifests.cpp; a test asks both about the same images under the same faults.
#include "harbor_router/routing/resolver.hpp"
#include "routing/verdicts.hpp"

namespace harbor_router::routing {

namespace {

using Ground = Explanation::Ground;

std::size_t index_of(const std::vector<Candidate>& candidates, const Candidate& wanted) {
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (candidates[i].project->id == wanted.project->id) return i;
  return candidates.size();
}

std::optional<store::Entry> unless_lapsed(std::optional<store::Entry> entry) {
  if (entry && entry->state == store::State::lapsed) return std::nullopt;
  return entry;
}

void find_conflicts(Explanation& explanation) {
  if (explanation.verdict.kind != Verdict::Kind::chosen) return;
  const AnswerPointer& chosen = explanation.answers[explanation.verdict.index];
  for (std::size_t i = 0; i < explanation.answers.size(); ++i)
    if (chosen && explanation.answers[i] && in_conflict(*chosen, *explanation.answers[i]))
      explanation.conflicts.push_back(i);
}

}  // namespace

http::Awaitable<Explanation> Resolver::explain(Pull pull, WaitFor wait) {
  pull.question.method = harbor::Method::head;
  Explanation explanation;
  const auto projects = core_.projects.to_search();
  if (!projects) {
    explanation.verdict.kind = Verdict::Kind::unavailable;
    co_return explanation;
  }
  const bool by_digest = oci::Digest::parse(pull.question.reference).has_value();
  const KnownBy known_by = by_digest ? KnownBy::either : KnownBy::reference;
  if (must_ask_replicas(pull, known_by)) co_await learn_from_replicas(pull, known_by);
  explanation.remembered = remembered(pull, KeyOf::reference);
  explanation.candidates = candidates_for(pull.subject, *projects, settings_.max_fanout);
  const std::vector<Candidate> asked_together = explanation.candidates;
  explanation.answers.resize(explanation.candidates.size());
  std::optional<store::Entry> mapping = unless_lapsed(explanation.remembered);
  if (!mapping && by_digest) mapping = unless_lapsed(remembered(pull, KeyOf::repository));
  if (mapping && mapping->state == store::State::negative) {
    explanation.verdict.kind = Verdict::Kind::not_found;
    explanation.ground = Ground::absence;
    if (wait == WaitFor::verdict) co_return explanation;
  }
  bool decided = explanation.ground == Ground::absence;
  harbor::ProjectPointer known = mapping && !decided ? projects->by_id(mapping->project) : nullptr;
  if (known) {
    const Candidate candidate{known, known->upstream_repository(pull.subject.repository)};
    std::size_t index = index_of(explanation.candidates, candidate);
    if (index == explanation.candidates.size()) {
      explanation.candidates.push_back(candidate);
      explanation.answers.emplace_back();
    }
    OwnAnswer answer = co_await ask(candidate, pull.question, Asker::onlooker);
    decided = has_last_word(pull.question, answer->outcome);
    if (decided) {
      explanation.verdict = {verdict_of(answer->outcome), index};
      explanation.ground = Ground::mapping;
    }
    explanation.answers[index] = std::move(answer);
    if (decided && wait == WaitFor::verdict) co_return explanation;
  }
  auto lookup =
      co_await ask_all(pull.subject, asked_together, pull.question, nullptr, wait, Asker::onlooker);
  if (!decided) explanation.verdict = lookup->verdict;
  for (std::size_t i = 0; i < lookup->answers.size(); ++i)
    if (!explanation.answers[i] || !decided) explanation.answers[i] = lookup->answers[i];
  if (!by_digest) find_conflicts(explanation);
  co_return explanation;
}

}  // namespace harbor_router::routing
