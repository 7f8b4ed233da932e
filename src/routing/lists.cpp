// tags/list and referrers: small documents, asked of the repository's project, else of all. Harbor
// says 200 with an empty list for a name it does not have, so only a list with something in it is a
// hit.
#include "harbor_router/oci/manifest_children.hpp"
#include "harbor_router/oci/media_type.hpp"
#include "harbor_router/oci/tags_page.hpp"
#include "harbor_router/routing/resolver.hpp"
#include "routing/verdicts.hpp"

namespace harbor_router::routing {

using harbor::Answer;

namespace {

void judge_tags(Answer& answer) {
  if (answer.outcome != Outcome::hit) return;
  const auto page = oci::parse_tags_page(*answer.body);
  if (!page) {
    answer.outcome = Outcome::failed;
    answer.detail = "tags/list: " + page.error().detail;
  } else if (page->tags.empty()) {
    answer.outcome = Outcome::miss;
  }
}

void judge_referrers(Answer& answer) {
  if (answer.outcome != Outcome::hit) return;
  const auto index = oci::manifest_children(*answer.body);
  if (!oci::is_manifest_type(answer.content_type)) {
    answer.outcome = Outcome::failed;
    answer.detail =
        "its answer about referrers is of type \"" + answer.content_type + "\", no image index";
  } else if (!index || !index->is_index) {
    answer.outcome = Outcome::failed;
    answer.detail = "its answer about referrers is no image index";
  } else if (index->manifests.empty()) {
    answer.outcome = Outcome::miss;
  }
}

Resolution list_from(const Candidate& candidate, OwnAnswer answer, CacheState cache) {
  return {.kind = verdict_of(answer->outcome),
          .project = candidate.project,
          .answer = std::move(answer),
          .cache = cache};
}

CacheState cache_state(store::State state) {
  return state == store::State::stale ? CacheState::stale : CacheState::hit;
}

// Whether an empty page can be a right answer: past the last tag, or none asked for.
bool may_be_empty(const std::string& query) {
  return query.find("last=") != std::string::npos || query.find("n=0") != std::string::npos;
}

}  // namespace

http::Awaitable<Resolution> Resolver::tags(const Pull& pull) {
  const auto projects = core_.projects.to_search();
  if (!projects) co_return Resolution{.kind = Verdict::Kind::unavailable};
  if (must_ask_replicas(pull, KnownBy::repository))
    co_await learn_from_replicas(pull, KnownBy::repository);
  Learning learning = Learning::at_once;
  if (Known at = known(pull, KeyOf::repository, *projects); at.candidate) {
    OwnAnswer answer = co_await ask(*at.candidate, pull.question);
    Answer judged{.outcome = answer->outcome, .body = answer->body};
    judge_tags(judged);
    const bool empty = answer->outcome == Outcome::hit && judged.outcome == Outcome::miss;
    const bool here =
        judged.outcome == Outcome::hit || (empty && may_be_empty(pull.question.query));
    if (here || answer->outcome == Outcome::blocked || is_unknown(judged.outcome))
      co_return list_from(*at.candidate, std::move(answer), cache_state(at.state));
    if (leaves_doubt(pull.question, answer->outcome)) learning = Learning::left_to_caller;
  }
  harbor::Question probe = pull.question;
  if (may_be_empty(probe.query)) probe.query = "?n=1";
  co_return co_await search_list(pull, &judge_tags, std::move(probe), learning);
}

http::Awaitable<Resolution> Resolver::referrers(const Pull& pull) {
  const auto projects = core_.projects.to_search();
  if (!projects) co_return Resolution{.kind = Verdict::Kind::unavailable};
  if (must_ask_replicas(pull, KnownBy::either)) co_await learn_from_replicas(pull, KnownBy::either);
  Known at = known(pull, KeyOf::reference, *projects);
  if (!at.candidate) at = known(pull, KeyOf::repository, *projects);
  Learning learning = Learning::at_once;
  if (at.candidate) {
    OwnAnswer answer = co_await ask(*at.candidate, pull.question);
    Answer judged{
        .outcome = answer->outcome, .content_type = answer->content_type, .body = answer->body};
    judge_referrers(judged);
    if (judged.outcome == Outcome::failed && answer->outcome == Outcome::hit) {
      answer->outcome = Outcome::failed;
      answer->detail = std::move(judged.detail);
    }
    // What the subject's own project says counts, be it that there are none.
    if (answer->outcome != Outcome::refused)
      co_return list_from(*at.candidate, std::move(answer), cache_state(at.state));
    if (leaves_doubt(pull.question, answer->outcome)) learning = Learning::left_to_caller;
  }
  harbor::Question probe = pull.question;
  co_return co_await search_list(pull, &judge_referrers, std::move(probe), learning);
}

// probe: the question that tells who has the name; the pull's own is asked of the winner when the
// two differ.
http::Awaitable<Resolution> Resolver::search_list(const Pull& pull, Judge judge,
                                                  harbor::Question probe, Learning learning) {
  const auto projects = core_.projects.get();
  auto candidates = candidates_for(pull.subject, *projects, settings_.max_fanout);
  auto lookup = co_await ask_all(pull.subject, std::move(candidates), probe, judge);
  const Verdict verdict = lookup->verdict;
  if (lookup->known_refused) learning = Learning::left_to_caller;
  Resolution resolution{.kind = verdict.kind,
                        .cache = CacheState::miss,
                        .someone_refused = verdict.someone_refused,
                        .known_refused = learning == Learning::left_to_caller};
  if (lookup->candidates.empty() || verdict.kind == Verdict::Kind::not_found) co_return resolution;
  const Candidate& candidate = lookup->candidates[verdict.index];
  resolution.project = candidate.project;
  resolution.answer = lookup->answers[verdict.index];
  if (verdict.kind != Verdict::Kind::chosen) co_return resolution;
  if (learning == Learning::at_once)
    learn_repository_unless_known(pull, candidate.project, *resolution.answer);
  if (probe.query != pull.question.query) {
    OwnAnswer answer = co_await ask(candidate, pull.question);
    resolution.kind = verdict_of(answer->outcome);
    resolution.answer = std::move(answer);
  }
  co_return resolution;
}

}  // namespace harbor_router::routing
