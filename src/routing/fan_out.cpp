// All candidates asked at once, on one thread. The first to decide ends the wait; the others are
// still read, since a second project with another digest is a conflict somebody should know of.
// Where the mapping of what is asked for has lapsed, its project is waited for: the others count
// only when it has no last word, so that an outage moves no tag.
#include <algorithm>

#include "harbor_router/routing/resolver.hpp"
#include "routing/keys.hpp"
#include "routing/verdicts.hpp"

namespace harbor_router::routing {

namespace {

std::string digest_of(const harbor::Answer& answer) {
  return answer.digest ? answer.digest->str() : std::string();
}

}  // namespace

struct Resolver::FanOut {
  FanOut(Subject asked, std::vector<Candidate> asked_of, harbor::Question asked_what, Judge how,
         Asker whom, const http::Executor& executor)
      : subject(std::move(asked)),
        candidates(std::move(asked_of)),
        question(std::move(asked_what)),
        judge(how),
        asker(whom),
        decision(candidates.size()),
        answers(candidates.size()),
        news(executor, base::TimePoint::max()) {}

  const Subject subject;
  const std::vector<Candidate> candidates;
  const harbor::Question question;
  const Judge judge;
  const Asker asker;
  Decision decision;
  std::vector<AnswerPointer> answers;
  http::Timer news;  // cancelled when an answer has come
  std::optional<std::size_t> chosen;
  std::optional<std::size_t> last_known;  // who had it when its mapping lapsed

  [[nodiscard]] Verdict verdict() const {
    if (!last_known) return decision.verdict(base::Clock::now());
    const AnswerPointer& answer = answers[*last_known];
    if (!answer) return {Verdict::Kind::waiting};
    if (has_last_word(question, answer->outcome)) return {verdict_of(answer->outcome), *last_known};
    return decision.verdict(base::Clock::now());
  }

  [[nodiscard]] bool known_refused() const {
    return last_known && answers[*last_known] &&
           leaves_doubt(question, answers[*last_known]->outcome);
  }

  // The chosen tag has one digest here and another there.
  [[nodiscard]] bool conflicts(std::size_t index) const {
    if (!chosen || index == *chosen || !answers[index] || !answers[*chosen]) return false;
    return in_conflict(*answers[*chosen], *answers[index]) &&
           !oci::Digest::parse(question.reference);
  }

  [[nodiscard]] bool complete() const {
    return std::find(answers.begin(), answers.end(), nullptr) == answers.end();
  }
};

http::Awaitable<> Resolver::ask_one(std::shared_ptr<FanOut> fan_out, std::size_t index) {
  OwnAnswer answer = co_await ask(fan_out->candidates[index], fan_out->question, fan_out->asker);
  if (fan_out->judge != nullptr) fan_out->judge(*answer);
  fan_out->decision.add(index, answer->outcome);
  fan_out->answers[index] = std::move(answer);
  fan_out->news.cancel();
  tell_conflict(*fan_out, index);
}

void Resolver::tell_conflict(const FanOut& fan_out, std::size_t index) const {
  if (fan_out.asker == Asker::onlooker || !core_.on_conflict || !fan_out.conflicts(index)) return;
  const std::size_t chosen = *fan_out.chosen;
  core_.on_conflict(Conflict{.subject = fan_out.subject,
                             .reference = fan_out.question.reference,
                             .chosen = *fan_out.candidates[chosen].project,
                             .other = *fan_out.candidates[index].project,
                             .chosen_digest = digest_of(*fan_out.answers[chosen]),
                             .other_digest = digest_of(*fan_out.answers[index])});
}

http::Awaitable<std::shared_ptr<const Lookup>> Resolver::ask_all(Subject subject,
                                                                 std::vector<Candidate> candidates,
                                                                 harbor::Question question,
                                                                 Judge judge, WaitFor wait,
                                                                 Asker asker, Unsaid unsaid) {
  auto fan_out = std::make_shared<FanOut>(std::move(subject), std::move(candidates),
                                          std::move(question), judge, asker, executor_);
  fan_out->last_known = last_known_of(fan_out->subject, fan_out->question, fan_out->candidates);
  for (std::size_t i = 0; i < fan_out->candidates.size(); ++i) {
    if (fan_out->candidates[i].project != unsaid.project) {
      boost::asio::co_spawn(executor_, ask_one(fan_out, i), boost::asio::detached);
      continue;
    }
    fan_out->decision.add(i, unsaid.answer->outcome);
    fan_out->answers[i] = unsaid.answer;
  }
  Verdict verdict = fan_out->verdict();
  const auto waits = [&] {
    return verdict.kind == Verdict::Kind::waiting ||
           (wait == WaitFor::everyone && !fan_out->complete());
  };
  while (waits()) {
    fan_out->news.expires_at(base::TimePoint::max());
    co_await fan_out->news.async_wait(http::as_result);
    verdict = fan_out->verdict();
  }
  if (verdict.kind == Verdict::Kind::chosen) {
    fan_out->chosen = verdict.index;
    for (std::size_t i = 0; i < fan_out->answers.size(); ++i) tell_conflict(*fan_out, i);
  }
  auto lookup = std::make_shared<const Lookup>(Lookup{.verdict = verdict,
                                                      .candidates = fan_out->candidates,
                                                      .answers = fan_out->answers,
                                                      .known_refused = fan_out->known_refused()});
  co_return lookup;
}

// The HEAD fan-out of a manifest or blob: one at a time for each question.
http::Awaitable<std::shared_ptr<const Lookup>> Resolver::look_up(Pull pull) {
  pull.question.method = harbor::Method::head;
  pull.question.range.clear();
  pull.question.if_none_match.clear();
  pull.question.withdrawal = nullptr;  // others may wait for the same answers
  const std::string key = flight_key(pull);
  Flights<Lookup>::Run run = [this, pull]() -> http::Awaitable<std::shared_ptr<const Lookup>> {
    const auto projects = core_.projects.get();
    auto candidates = candidates_for(pull.subject, *projects, settings_.max_fanout);
    return ask_all(pull.subject, std::move(candidates), pull.question, nullptr, WaitFor::verdict,
                   Asker::client, pull.unsaid);
  };
  auto lookup = co_await core_.lookups.join(key, executor_, run);
  co_return lookup;
}

}  // namespace harbor_router::routing
