// Between pulls and the store: which key a pull has, and for whom a mapping holds.
//
// A mapping holds for everybody, since Harbor checks each request. Where one person's answer came
// from another project than everybody's (his rights differ) it is not kept, so that two people do
// not push one mapping back and forth: he searches each time. Absence is always his alone.
// Nor does a client that takes few types of manifest move a mapping, or say that an image is gone.
#include <algorithm>

#include "harbor_router/oci/manifest_children.hpp"
#include "harbor_router/routing/resolver.hpp"
#include "routing/verdicts.hpp"

namespace harbor_router::routing {

namespace {

constexpr std::size_t max_children_learnt = 256;
constexpr std::uint64_t everybody = 0;

std::optional<store::Sha256> bytes_of(const std::optional<oci::Digest>& digest) {
  if (!digest || digest->algorithm() != "sha256") return std::nullopt;
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  store::Sha256 bytes{};
  const std::string_view hex = digest->hex();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(value(hex[2 * i]) * 16 + value(hex[2 * i + 1]));
  return bytes;
}

store::Key key_for(const Pull& pull, std::string_view reference, std::uint64_t identity) {
  return {.hint = pull.subject.hint,
          .repository = pull.subject.repository,
          .reference = reference,
          .identity = identity};
}

bool is_among(const Candidate& candidate, const std::vector<Candidate>& asked) {
  return std::any_of(asked.begin(), asked.end(), [&candidate](const Candidate& each) {
    return each.project->id == candidate.project->id;
  });
}

}  // namespace

Resolver::Known Resolver::known(const Pull& pull, KeyOf key_of,
                                const harbor::ProjectList& projects) {
  const base::TimePoint now = base::recently();
  const std::string_view reference =
      key_of == KeyOf::reference ? std::string_view(pull.question.reference) : std::string_view();
  const store::Found found =
      core_.mappings.find(key_for(pull, reference, pull.question.credentials->identity), now);
  if (found.state == store::State::negative) return {.state = found.state};
  if (!is_live_mapping(found.state)) return {};
  // A project that is gone, or was made again under another id, has nothing to say any more.
  harbor::ProjectPointer project = projects.by_id(found.project);
  if (!project) return {};
  std::string repository = project->upstream_repository(pull.subject.repository);
  return {.candidate = Candidate{std::move(project), std::move(repository)}, .state = found.state};
}

std::optional<store::Entry> Resolver::remembered(const Pull& pull, KeyOf key_of) const {
  const std::string_view reference =
      key_of == KeyOf::reference ? std::string_view(pull.question.reference) : std::string_view();
  return core_.mappings.peek(key_for(pull, reference, pull.question.credentials->identity),
                             base::Clock::now());
}

// By digest content is checked, wherever it comes from; the names of referrers are digests.
std::optional<std::size_t> Resolver::last_known_of(const Subject& subject,
                                                   const harbor::Question& question,
                                                   const std::vector<Candidate>& candidates) const {
  if (oci::Digest::is_one(question.reference)) return std::nullopt;
  const store::Found found = core_.mappings.look(
      {.hint = subject.hint, .repository = subject.repository, .reference = question.reference},
      base::Clock::now());
  if (found.state != store::State::lapsed) return std::nullopt;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (candidates[i].project->id == found.project) return i;
  return std::nullopt;
}

void Resolver::learn(const Pull& pull, KeyOf key_of, const harbor::ProjectPointer& project,
                     const harbor::Answer& answer) {
  const base::TimePoint now = base::Clock::now();
  const bool whole = key_of == KeyOf::repository;
  const std::string_view reference = whole ? std::string_view() : pull.question.reference;
  const std::uint64_t identity = pull.question.credentials->identity;
  if (identity != everybody || !means_absent(pull.question)) {
    const store::Found shared = core_.mappings.find(key_for(pull, reference, everybody), now);
    if (is_live_mapping(shared.state) && shared.project != project->id) return;
  }
  const store::Learnt learnt = {.key = key_for(pull, reference, identity),
                                .project = project->name,
                                .project_id = project->id,
                                .digest = whole ? std::nullopt : bytes_of(answer.digest)};
  core_.mappings.learn(learnt.key, project->id, learnt.digest, now);
  if (shared_ != nullptr)
    shared_->publish(store::record_of(learnt, core_.mappings.settings(), store::Now::read().wall));
}

void Resolver::learn_manifest(const Pull& pull, const harbor::ProjectPointer& project,
                              const harbor::Answer& answer) {
  learn(pull, KeyOf::reference, project, answer);
  learn(pull, KeyOf::repository, project, answer);
  // A tag's digest and an index's children are asked for next, by digest: they are in this project.
  Pull child = pull;
  if (answer.digest && answer.digest->str() != pull.question.reference) {
    child.question.reference = answer.digest->str();
    learn(child, KeyOf::reference, project, answer);
  }
  if (!answer.body) return;
  const auto children = oci::manifest_children(*answer.body);
  if (!children)
    return;  // no index we can read: the children are found by the repository's mapping
  std::size_t learnt = 0;
  for (const oci::Descriptor& each : children->manifests) {
    if (++learnt > max_children_learnt) break;
    child.question.reference = each.digest.str();
    learn(child, KeyOf::reference, project, harbor::Answer{.digest = each.digest});
  }
}

void Resolver::learn_repository_unless_known(const Pull& pull,
                                             const harbor::ProjectPointer& project,
                                             const harbor::Answer& answer) {
  const auto projects = core_.projects.get();
  if (projects && !known(pull, KeyOf::repository, *projects).candidate)
    learn(pull, KeyOf::repository, project, answer);
}

void Resolver::learn_found(const Pull& pull, const Resolution& found) {
  if (!found.known_refused || found.kind != Verdict::Kind::chosen) return;
  if (pull.question.endpoint == oci::Endpoint::manifests)
    learn_manifest(pull, found.project, *found.answer);
  else
    learn_repository_unless_known(pull, found.project, *found.answer);
}

void Resolver::learn_absent(const Pull& pull, const Lookup& lookup) {
  if (!means_absent(pull.question)) return;
  // A project that has come meanwhile was not asked.
  for (const Candidate& today :
       candidates_for(pull.subject, *core_.projects.get(), settings_.max_fanout))
    if (!is_among(today, lookup.candidates)) return;
  const std::uint64_t identity = pull.question.credentials->identity;
  const store::Learnt learnt = {.key = key_for(pull, pull.question.reference, identity)};
  core_.mappings.learn_absent(learnt.key, base::Clock::now());
  if (shared_ != nullptr && identity == everybody)
    shared_->publish(store::record_of(learnt, core_.mappings.settings(), store::Now::read().wall));
}

void Resolver::forget(const Pull& pull, KeyOf key_of) {
  const std::string_view reference =
      key_of == KeyOf::reference ? std::string_view(pull.question.reference) : std::string_view();
  const store::Key key = key_for(pull, reference, pull.question.credentials->identity);
  core_.mappings.forget(key);
  if (shared_ != nullptr) shared_->forget(key);
}

bool Resolver::must_ask_replicas(const Pull& pull, KnownBy known_by) {
  if (shared_ == nullptr) return false;
  const base::TimePoint now = base::Clock::now();
  const std::uint64_t identity = pull.question.credentials->identity;
  if (known_by != KnownBy::repository &&
      core_.mappings.knows(key_for(pull, pull.question.reference, identity), now))
    return false;
  return known_by == KnownBy::reference || !core_.mappings.knows(key_for(pull, {}, identity), now);
}

// In one question, so that a request waits at most once.
http::Awaitable<> Resolver::learn_from_replicas(Pull pull, KnownBy known_by) {
  SharedMappings::Wanted wanted = {.hint = pull.subject.hint,
                                   .repository = pull.subject.repository,
                                   .or_repository = known_by == KnownBy::either};
  if (known_by != KnownBy::repository) wanted.reference = pull.question.reference;
  const SharedMappings::Found found = co_await shared_->find(std::move(wanted));
  if (found.reference) take_in(*found.reference, pull);
  if (found.repository) take_in(*found.repository, pull);
}

// Believed only as far as this router could have learnt it itself: the project must be a candidate
// today, and an absence must hold for everybody.
void Resolver::take_in(const store::Record& record, const Pull& pull) {
  const auto projects = core_.projects.get();
  if (record.negative) {
    if (pull.question.credentials->identity != everybody) return shared_->ignored();
    if (core_.doubts_shared_absences(base::Clock::now())) return;
  } else if (!names_candidate(record, *projects, settings_.max_fanout)) {
    return shared_->ignored();
  }
  core_.mappings.restore(record, store::Now::read());
}

}  // namespace harbor_router::routing
