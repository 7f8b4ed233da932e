// Manifests: the known project is asked directly; else HEAD to all and GET from the winner alone,
// since a GET makes Harbor store the image in the project asked.
#include "harbor_router/routing/resolver.hpp"
#include "routing/keys.hpp"
#include "routing/verdicts.hpp"

namespace harbor_router::routing {

using harbor::Method;

namespace {

Resolution manifest_from(Candidate candidate, OwnAnswer answer, CacheState cache) {
  return {.kind = verdict_of(answer->outcome),
          .project = std::move(candidate.project),
          .answer = std::move(answer),
          .cache = cache};
}

bool is_digest(const Pull& pull) {
  return oci::Digest::is_one(pull.question.reference);
}

}  // namespace

// An answer to HEAD must carry digest and length, which Harbor leaves out when its upstream does;
// they are then computed from the manifest itself.
http::Awaitable<OwnAnswer> Resolver::ask_for_head(const Candidate& candidate,
                                                  const harbor::Question& question) {
  OwnAnswer answer = co_await ask(candidate, question);
  const bool complete = answer->digest && answer->length.value_or(0) > 0;
  if (answer->outcome != Outcome::hit || complete) co_return answer;
  harbor::Question whole = question;
  whole.method = Method::get;
  answer = co_await ask(candidate, whole);
  answer->body = nullptr;
  co_return answer;
}

http::Awaitable<OwnAnswer> Resolver::ask_for_manifest(const Candidate& candidate,
                                                      const harbor::Question& question) {
  return question.method == Method::get ? ask(candidate, question)
                                        : ask_for_head(candidate, question);
}

http::Awaitable<Resolution> Resolver::manifest(const Pull& pull) {
  const auto projects = core_.projects.to_search();
  if (!projects) co_return Resolution{.kind = Verdict::Kind::unavailable};
  const bool by_digest = is_digest(pull);
  const KnownBy known_by = by_digest ? KnownBy::either : KnownBy::reference;
  if (must_ask_replicas(pull, known_by)) co_await learn_from_replicas(pull, known_by);
  Known at = known(pull, KeyOf::reference, *projects);
  if (at.state == store::State::negative)
    co_return Resolution{.kind = Verdict::Kind::not_found, .cache = CacheState::negative};
  // A digest nobody asked for yet is most likely where the rest of its repository is.
  const bool guessed = !at.candidate && by_digest;
  if (guessed) at = known(pull, KeyOf::repository, *projects);
  Learning learning = Learning::at_once;
  if (at.candidate) {
    OwnAnswer answer = co_await ask_for_manifest(*at.candidate, pull.question);
    if (has_last_word(pull.question, answer->outcome)) {
      const bool stale = at.state == store::State::stale;
      if (stale && !guessed) refresh_later(pull, *at.candidate);
      co_return manifest_from(std::move(*at.candidate), std::move(answer),
                              stale ? CacheState::stale : CacheState::hit);
    }
    if (answer->outcome == Outcome::miss && !guessed && means_absent(pull.question))
      forget(pull, KeyOf::reference);
    if (leaves_doubt(pull.question, answer->outcome)) learning = Learning::left_to_caller;
    if (is_unknown(answer->outcome)) {
      Unsaid unsaid{.project = at.candidate->project, .answer = std::move(answer)};
      co_return co_await search_manifest_elsewhere(pull, std::move(unsaid));
    }
  }
  co_return co_await search_manifest(pull, learning);
}

http::Awaitable<Resolution> Resolver::search_manifest_elsewhere(Pull pull, Unsaid unsaid) {
  pull.unsaid = std::move(unsaid);
  auto resolution = co_await search_manifest(pull, Learning::at_once);
  co_return resolution;
}

http::Awaitable<Resolution> Resolver::search_manifest(const Pull& pull, Learning learning) {
  std::shared_ptr<const Lookup> known;
  if (pull.question.method == Method::head) {
    auto lookup = co_await look_up(pull);
    const Verdict verdict = lookup->verdict;
    if (lookup->known_refused) learning = Learning::left_to_caller;
    Resolution resolution{.kind = verdict.kind,
                          .cache = CacheState::miss,
                          .someone_refused = verdict.someone_refused,
                          .known_refused = learning == Learning::left_to_caller};
    if (verdict.kind == Verdict::Kind::not_found) learn_absent(pull, *lookup);
    if (lookup->candidates.empty() || verdict.kind == Verdict::Kind::not_found)
      co_return resolution;
    resolution.project = lookup->candidates[verdict.index].project;
    resolution.answer = lookup->answers[verdict.index];
    if (verdict.kind != Verdict::Kind::chosen) co_return resolution;
    if (resolution.answer->digest && resolution.answer->length.value_or(0) > 0) {
      if (learning == Learning::at_once)
        learn_manifest(pull, resolution.project, *resolution.answer);
      co_return resolution;
    }
    known =
        std::move(lookup);  // Harbor's upstream left out digest or length: the GET computes them
  }
  Pull whole = pull;
  whole.question.method = Method::get;
  const std::string key = flight_key(whole);
  Flights<Found>::Run run = [this, whole, known, learning] {
    return find_manifest(whole, known, learning);
  };
  auto found = co_await core_.manifests.join(key, executor_, run);
  co_return Resolution{
      .kind = found->verdict.kind,
      .project = found->project,
      .answer = found->answer,
      .cache = CacheState::miss,
      .someone_refused = found->verdict.someone_refused,
      .known_refused = found->known_refused || learning == Learning::left_to_caller};
}

// What one flight does. The mapping is learnt only when the GET is done: whoever comes before joins
// the flight, whoever comes after finds the mapping, so the winner sees one GET.
http::Awaitable<std::shared_ptr<const Found>> Resolver::find_manifest(
    Pull pull, std::shared_ptr<const Lookup> lookup, Learning learning) {
  const auto projects = core_.projects.get();
  Found found;
  // Another flight may have landed between this client's look at the store and its own start. Who
  // has just refused him, or could not say, is not asked so again.
  Known at;
  if (learning == Learning::at_once && !pull.unsaid.project)
    at = known(pull, KeyOf::reference, *projects);
  if (at.candidate) {
    OwnAnswer answer = co_await ask(*at.candidate, pull.question);
    if (answer->outcome == Outcome::hit) {
      found = {.verdict = {Verdict::Kind::chosen},
               .project = at.candidate->project,
               .answer = std::move(answer)};
      co_return std::make_shared<const Found>(std::move(found));
    }
    if (leaves_doubt(pull.question, answer->outcome)) learning = Learning::left_to_caller;
  }
  if (!lookup) {
    auto looked_up = co_await look_up(pull);
    lookup = std::move(looked_up);
  }
  if (lookup->known_refused) learning = Learning::left_to_caller;
  found.known_refused = learning == Learning::left_to_caller;
  found.verdict = lookup->verdict;
  if (found.verdict.kind == Verdict::Kind::not_found)
    learn_absent(pull, *lookup);
  else if (!lookup->candidates.empty()) {
    const Candidate& candidate = lookup->candidates[found.verdict.index];
    found.project = candidate.project;
    found.answer = lookup->answers[found.verdict.index];
    // A policy's words are in the answer to GET alone.
    if (found.verdict.kind == Verdict::Kind::chosen ||
        found.verdict.kind == Verdict::Kind::blocked) {
      OwnAnswer answer = co_await ask(candidate, pull.question);
      if (answer->outcome == Outcome::hit) {
        found.verdict.kind = Verdict::Kind::chosen;  // also where HEAD was blocked
        if (learning == Learning::at_once) learn_manifest(pull, found.project, *answer);
      } else if (answer->outcome == Outcome::miss) {
        // HEAD said yes and GET says no: no word from the others makes that an absence.
        found.verdict.kind = Verdict::Kind::failed;
        answer->detail = "had it when asked by HEAD, and then answered GET with 404";
      } else {
        found.verdict.kind = verdict_of(answer->outcome);
      }
      found.answer = std::move(answer);
    }
  }
  co_return std::make_shared<const Found>(std::move(found));
}

void Resolver::refresh_later(const Pull& pull, const Candidate& candidate) {
  Flights<void>::Run run = [this, pull, candidate] { return refresh(pull, candidate); };
  core_.refreshes.start(flight_key(pull), executor_, std::move(run));
}

// A tag moves only on its own project's word: asked first, and the others only after its miss.
http::Awaitable<std::shared_ptr<const void>> Resolver::refresh(Pull pull, Candidate candidate) {
  pull.question.method = Method::head;
  const OwnAnswer answer = co_await ask(candidate, pull.question);
  if (answer->outcome == Outcome::hit) {
    learn(pull, KeyOf::reference, candidate.project, *answer);
    learn(pull, KeyOf::repository, candidate.project, *answer);
  } else if (answer->outcome == Outcome::miss && means_absent(pull.question)) {
    forget(pull, KeyOf::reference);
    auto lookup = co_await look_up(pull);
    if (lookup->verdict.kind == Verdict::Kind::chosen)
      learn_manifest(pull, lookup->candidates[lookup->verdict.index].project,
                     *lookup->answers[lookup->verdict.index]);
    else if (lookup->verdict.kind == Verdict::Kind::not_found)
      learn_absent(pull, *lookup);
  }
  co_return nullptr;
}

}  // namespace harbor_router::routing
