// Harbor as a script: what each project answers, and what it was asked. And a router's thread in
// front of it, with verbs for tests. Everything happens on the test's thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harbor_router/routing/resolver.hpp"
#include "unit/routing/project_lists.hpp"
#include "unit/run.hpp"

namespace harbor_router::testing {

using harbor::Answer;
using harbor::Method;
using harbor::Outcome;
using harbor::Question;
using routing::CacheState;
using routing::Resolution;
using Kind = routing::Verdict::Kind;

struct Asked {
  std::string project, repository;
  Question question;
  // "HEAD hub library/nginx 1"
  [[nodiscard]] std::string line() const;
};

using Script = std::function<Answer(const Question&)>;

class ScriptedHarbor final : public harbor::Upstream {
 public:
  std::map<std::string, Script> projects;  // a project without a script says miss
  std::vector<Asked> asked;
  // Questions for which this is true are not answered before release().
  std::function<bool(const Asked&)> holds;

  http::Awaitable<std::shared_ptr<Answer>> ask(harbor::Errand errand) override;
  void release();
  // What was asked since the last look, as lines.
  std::vector<std::string> log();

 private:
  std::shared_ptr<http::OneShot> released_ = std::make_shared<http::OneShot>();
};

Script says(Outcome outcome);
// A manifest; HEAD gets all but its bytes.
Script has(std::string manifest);
Script lists(std::string tags_body);
// Another script for each method.
Script either(Script head, Script get);

struct RouterWorld {
  http::asio::io_context context{1};
  ScriptedHarbor harbor;
  routing::Core core;
  routing::Resolver resolver;

  // max_inflight: questions each project is asked at once; 0: no limit.
  explicit RouterWorld(std::size_t max_inflight = 0);
  ~RouterWorld();  // ends what is under way in the background

  // Pulls for one person; the name is library-less, "nginx".
  [[nodiscard]] routing::Pull pull_of(const std::string& reference, Method method = Method::get,
                                      std::uint64_t identity = 0) const;
  // The same, living as long as the world: for resolutions that go on.
  const routing::Pull& lasting_pull_of(const std::string& reference, Method method,
                                       std::uint64_t identity);
  Resolution manifest(const std::string& reference, Method method = Method::get,
                      std::uint64_t identity = 0);
  Resolution blob(const std::string& digest, Method method = Method::get);
  Resolution tags(const std::string& query = "");
  Resolution referrers(const std::string& digest);

  // The store knows, since so long ago, that project has reference (empty: the repository).
  void learnt(const std::string& reference, const std::string& project,
              std::chrono::seconds ago = std::chrono::seconds(0));
  [[nodiscard]] store::Found mapping(const std::string& reference);
  void finish_background();

 private:
  std::deque<routing::Pull> lasting_pulls_;
};

// What the log is compared with: fan-outs ask in order of project name.
inline std::vector<std::string> heads_to_all(const std::string& reference) {
  return {"HEAD ghcr nginx " + reference, "HEAD hub library/nginx " + reference,
          "HEAD quay nginx " + reference};
}

}  // namespace harbor_router::testing
