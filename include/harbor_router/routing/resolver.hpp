// The routing core's shell: finds the project that has what a client asks for, and its answer.
//
// One a thread, over one shared Core. What it decides is in Decision, candidates and MappingStore;
// here are the order of questions and who waits for whom. Must outlive the flights it started: the
// io_context is emptied before it goes.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "harbor_router/routing/backoff.hpp"
#include "harbor_router/routing/core.hpp"
#include "harbor_router/routing/shared_mappings.hpp"

namespace harbor_router::routing {

// Who was asked for this already, with all repeats, and could not say: he is not asked again.
struct Unsaid {
  harbor::ProjectPointer project;
  AnswerPointer answer;
};

// A pull's endpoint, name and reference, and what goes along upstream (Question).
struct Pull {
  Subject subject;
  harbor::Question question;
  Unsaid unsaid{};  // while the resolver searches on
};

// manifest_hit: the answer itself was kept, Harbor was not asked; the others say what was known of
// where the image is.
enum class CacheState { none, hit, stale, miss, negative, manifest_hit };
[[nodiscard]] const char* to_string(CacheState state) noexcept;  // "" for none

struct Resolution {
  Verdict::Kind kind = Verdict::Kind::failed;
  harbor::ProjectPointer project;  // who answered, when somebody did
  AnswerPointer answer;            // manifests, tags, referrers; may be shared with other clients
  OwnAnswer blob;                  // blobs: this client's own stream
  CacheState cache = CacheState::none;
  bool someone_refused = false;  // one of the projects, whatever else is told
  // The project that a mapping names, live or lapsed, refuses the person who asks, whose token may
  // have died. Nothing was learnt of where others have it: Resolver::learn_found().
  bool known_refused = false;
};

// What a pull would get, and why, for somebody who asks.
enum class WaitFor { verdict, everyone };
enum class Asker { client, onlooker };  // an onlooker moves no breaker and counts no conflict
struct Explanation {
  // mapping: of the reference, or of its repository for a digest nobody asked for yet
  enum class Ground { fan_out, mapping, absence };
  Verdict verdict;
  Ground ground = Ground::fan_out;
  std::optional<store::Entry> remembered;  // of this reference
  std::vector<Candidate> candidates;       // verdict.index is one of these
  std::vector<AnswerPointer> answers;      // one a candidate; null: not asked, or no word yet
  std::vector<std::size_t> conflicts;      // who else has the tag, with another digest
};

struct ResolverSettings {
  std::size_t max_fanout = 50;
  std::chrono::nanoseconds timeout =
      std::chrono::seconds(10);  // for each project, repeats included
  RetrySettings retry;
};

class Resolver {
 public:
  Resolver(Core& core, harbor::Upstream& upstream, http::Executor executor,
           ResolverSettings settings);
  // What replicas know together; before the first pull. Borrowed.
  void share(SharedMappings* shared) noexcept { shared_ = shared; }

  // The pull is borrowed until the resolution has come.
  // GET and HEAD alike; an answer to HEAD has digest, length and type but no body.
  [[nodiscard]] http::Awaitable<Resolution> manifest(const Pull& pull);
  [[nodiscard]] http::Awaitable<Resolution> blob(const Pull& pull);
  [[nodiscard]] http::Awaitable<Resolution> tags(const Pull& pull);
  [[nodiscard]] http::Awaitable<Resolution> referrers(const Pull& pull);
  // After known_refused, once Harbor has said that it takes the token: then it is his rights, and
  // what he found counts as ever.
  void learn_found(const Pull& pull, const Resolution& found);
  // What manifest() would do now, by HEAD alone: nothing is fetched or forgotten, and nothing
  // learnt but what other replicas know.
  [[nodiscard]] http::Awaitable<Explanation> explain(Pull pull, WaitFor wait);
  // One more question to a project already chosen, with all the care of the others: the rest of a
  // blob.
  [[nodiscard]] http::Awaitable<OwnAnswer> ask_project(const Candidate& candidate,
                                                       const harbor::Question& question,
                                                       Asker asker = Asker::client) {
    return ask(candidate, question, asker);
  }

 private:
  // What the store says, as a candidate of today's list.
  struct Known {
    std::optional<Candidate> candidate;
    store::State state = store::State::absent;
  };
  enum class KeyOf { reference, repository };

  // mappings.cpp: between pulls and the store
  [[nodiscard]] Known known(const Pull& pull, KeyOf key_of, const harbor::ProjectList& projects);
  // The same for an onlooker.
  [[nodiscard]] std::optional<store::Entry> remembered(const Pull& pull, KeyOf key_of) const;
  // Which candidate had a tag (or a repository's tags) when its mapping lapsed.
  [[nodiscard]] std::optional<std::size_t> last_known_of(
      const Subject& subject, const harbor::Question& question,
      const std::vector<Candidate>& candidates) const;
  void learn(const Pull& pull, KeyOf key_of, const harbor::ProjectPointer& project,
             const harbor::Answer& answer);
  void learn_manifest(const Pull& pull, const harbor::ProjectPointer& project,
                      const harbor::Answer& answer);
  void learn_repository_unless_known(const Pull& pull, const harbor::ProjectPointer& project,
                                     const harbor::Answer& answer);
  void learn_absent(const Pull& pull, const Lookup& lookup);
  void forget(const Pull& pull, KeyOf key_of);
  // left_to_caller: after known_refused
  enum class Learning { at_once, left_to_caller };
  // Where an image is known by: its own key, else perhaps its repository's.
  enum class KnownBy { reference, either, repository };
  // Whether replicas are to be asked: nothing is known here.
  [[nodiscard]] bool must_ask_replicas(const Pull& pull, KnownBy known_by);
  [[nodiscard]] http::Awaitable<> learn_from_replicas(Pull pull, KnownBy known_by);
  void take_in(const store::Record& record, const Pull& pull);

  // fan_out.cpp: all candidates at once
  struct FanOut;
  // Changes an answer's outcome where the status alone does not tell (an empty list of tags).
  using Judge = void (*)(harbor::Answer&);
  void tell_conflict(const FanOut& fan_out, std::size_t index) const;
  [[nodiscard]] http::Awaitable<> ask_one(std::shared_ptr<FanOut> fan_out, std::size_t index);
  [[nodiscard]] http::Awaitable<std::shared_ptr<const Lookup>> ask_all(
      Subject subject, std::vector<Candidate> candidates, harbor::Question question, Judge judge,
      WaitFor wait = WaitFor::verdict, Asker asker = Asker::client, Unsaid unsaid = {});
  [[nodiscard]] http::Awaitable<std::shared_ptr<const Lookup>> look_up(Pull pull);

  // Candidate and question are borrowed until the answer has come.
  [[nodiscard]] http::Awaitable<OwnAnswer> ask(const Candidate& candidate,
                                               const harbor::Question& question,
                                               Asker asker = Asker::client);
  void tell_breakers(const Candidate& candidate, const harbor::Question& question,
                     const harbor::Answer& answer, base::TimePoint now);
  [[nodiscard]] http::Awaitable<OwnAnswer> ask_for_head(const Candidate& candidate,
                                                        const harbor::Question& question);
  [[nodiscard]] http::Awaitable<OwnAnswer> ask_for_manifest(const Candidate& candidate,
                                                            const harbor::Question& question);
  [[nodiscard]] http::Awaitable<Resolution> search_manifest(const Pull& pull, Learning learning);
  // The project its digest is known to be in could not say.
  [[nodiscard]] http::Awaitable<Resolution> search_manifest_elsewhere(Pull pull, Unsaid unsaid);
  // lookup: who has it, when that is known already; else null.
  [[nodiscard]] http::Awaitable<std::shared_ptr<const Found>> find_manifest(
      Pull pull, std::shared_ptr<const Lookup> lookup, Learning learning);
  void refresh_later(const Pull& pull, const Candidate& candidate);
  [[nodiscard]] http::Awaitable<std::shared_ptr<const void>> refresh(Pull pull,
                                                                     Candidate candidate);

  [[nodiscard]] http::Awaitable<OwnAnswer> ask_for_blob(const Candidate& candidate,
                                                        const harbor::Question& question);
  [[nodiscard]] http::Awaitable<Resolution> search_blob(const Pull& pull,
                                                        harbor::ProjectPointer has_not);
  [[nodiscard]] http::Awaitable<Resolution> search_blob_elsewhere(Pull pull, Unsaid unsaid);

  [[nodiscard]] http::Awaitable<Resolution> search_list(const Pull& pull, Judge judge,
                                                        harbor::Question probe, Learning learning);

  Core& core_;
  harbor::Upstream& upstream_;
  http::Executor executor_;
  ResolverSettings settings_;
  SharedMappings* shared_ = nullptr;  // null: nothing is shared
};

}  // namespace harbor_router::routing
