#include "unit/routing/scripted_harbor.hpp"

#include "harbor_router/oci/media_type.hpp"

namespace harbor_router::testing {

namespace {

int status_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::hit:
      return 200;
    case Outcome::miss:
      return 404;
    case Outcome::refused:
      return 401;
    case Outcome::limited:
      return 429;
    case Outcome::blocked:
      return 412;
    case Outcome::failed:
      return 500;
    case Outcome::timeout:
    case Outcome::skipped:
      break;
  }
  return 0;
}

std::int64_t id_of(const std::string& project) {
  const harbor::ProjectList projects = three_projects();
  for (const auto& each : projects.all())
    if (each->name == project) return each->id;
  FAIL("no project " << project);
  return 0;
}

}  // namespace

std::string Asked::line() const {
  std::string text = question.method == Method::head ? "HEAD " : "GET ";
  text += project + " " + repository;
  if (!question.reference.empty()) text += " " + question.reference;
  if (!question.query.empty()) text += " " + question.query;
  return text;
}

http::Awaitable<std::shared_ptr<Answer>> ScriptedHarbor::ask(harbor::Errand errand) {
  asked.push_back({errand.project.name, std::string(errand.repository), errand.question});
  const Asked mine = asked.back();
  if (holds && holds(mine)) {
    const std::shared_ptr<http::OneShot> released = released_;
    co_await released->wait();
  }
  const auto script = projects.find(mine.project);
  Answer answer =
      script == projects.end() ? says(Outcome::miss)(mine.question) : script->second(mine.question);
  co_return std::make_shared<Answer>(std::move(answer));
}

void ScriptedHarbor::release() {
  holds = nullptr;
  std::exchange(released_, std::make_shared<http::OneShot>())->set();
}

std::vector<std::string> ScriptedHarbor::log() {
  std::vector<std::string> lines;
  for (const Asked& each : std::exchange(asked, {})) lines.push_back(each.line());
  return lines;
}

Script says(Outcome outcome) {
  return [outcome](const Question&) {
    return Answer{.outcome = outcome, .status = status_of(outcome)};
  };
}

Script has(std::string manifest) {
  return [bytes = std::make_shared<const std::string>(std::move(manifest))](const Question& asked) {
    Answer answer{.outcome = Outcome::hit,
                  .status = 200,
                  .content_type = std::string(oci::oci_index),
                  .digest = oci::Digest::of(*bytes),
                  .length = bytes->size()};
    if (asked.method == Method::get) answer.body = bytes;
    return answer;
  };
}

Script lists(std::string tags_body) {
  return [bytes = std::make_shared<const std::string>(std::move(tags_body))](const Question&) {
    return Answer{
        .outcome = Outcome::hit, .status = 200, .content_type = "application/json", .body = bytes};
  };
}

Script either(Script head, Script get) {
  return [head = std::move(head), get = std::move(get)](const Question& asked) {
    return asked.method == Method::head ? head(asked) : get(asked);
  };
}

RouterWorld::RouterWorld(std::size_t max_inflight)
    : core(routing::CoreSettings{.breaker = {.threshold = 1000}, .max_inflight = max_inflight}),
      resolver(core, harbor, context.get_executor(), {.retry = {.repeats = 0}}) {
  core.projects.set(std::make_shared<const harbor::ProjectList>(three_projects()));
}

RouterWorld::~RouterWorld() {
  harbor.release();
  finish_background();
}

routing::Pull RouterWorld::pull_of(const std::string& reference, Method method,
                                   std::uint64_t identity) const {
  auto credentials = std::make_shared<const harbor::Credentials>(harbor::Credentials{
      .kind =
          identity == 0 ? harbor::Credentials::Kind::service : harbor::Credentials::Kind::person,
      .authorization = identity == 0 ? "" : "Bearer of person " + std::to_string(identity),
      .identity = identity});
  return {.subject = {.repository = "nginx"},
          .question = {.method = method,
                       .reference = reference,
                       .accept = {oci::usual_accept()},
                       .credentials = std::move(credentials)}};
}

const routing::Pull& RouterWorld::lasting_pull_of(const std::string& reference, Method method,
                                                  std::uint64_t identity) {
  return lasting_pulls_.emplace_back(pull_of(reference, method, identity));
}

Resolution RouterWorld::manifest(const std::string& reference, Method method,
                                 std::uint64_t identity) {
  return run(context, resolver.manifest(pull_of(reference, method, identity)));
}

Resolution RouterWorld::blob(const std::string& digest, Method method) {
  routing::Pull pull = pull_of(digest, method);
  pull.question.endpoint = oci::Endpoint::blobs;
  return run(context, resolver.blob(pull));
}

Resolution RouterWorld::tags(const std::string& query) {
  routing::Pull pull = pull_of("");
  pull.question.endpoint = oci::Endpoint::tags;
  pull.question.query = query;
  return run(context, resolver.tags(pull));
}

Resolution RouterWorld::referrers(const std::string& digest) {
  routing::Pull pull = pull_of(digest);
  pull.question.endpoint = oci::Endpoint::referrers;
  return run(context, resolver.referrers(pull));
}

void RouterWorld::learnt(const std::string& reference, const std::string& project,
                         std::chrono::seconds ago) {
  core.mappings.learn({.repository = "nginx", .reference = reference}, id_of(project), std::nullopt,
                      base::Clock::now() - ago);
}

store::Found RouterWorld::mapping(const std::string& reference) {
  return core.mappings.find({.repository = "nginx", .reference = reference}, base::Clock::now());
}

void RouterWorld::finish_background() {
  context.restart();
  while (context.poll() != 0) {
  }
}

}  // namespace harbor_router::testing
