#include "harbor_router/server/inquiry.hpp"

#include <boost/asio/co_spawn.hpp>

#include "harbor_router/base/json_text.hpp"
#include "harbor_router/harbor/discovery.hpp"
#include "server/explain_image.hpp"

namespace harbor_router::server {

namespace {

using base::Errc;

constexpr std::size_t at_a_time = 16;

ImageQuestion question_of(const ResolveRequest& request) {
  const bool all = request.wait == ResolveRequest::Projects::all;
  const bool fetched = request.manifest == ResolveRequest::Manifest::fetched;
  return {.image = request.image,
          .wait = all ? routing::WaitFor::everyone : routing::WaitFor::verdict,
          .fetch = fetched ? ImageQuestion::Fetch::manifest : ImageQuestion::Fetch::nothing,
          .platform = request.platform,
          .basic = request.basic};
}

// Told only to those who log in; who is not told gets null.
http::Awaitable<std::string> harbor_version(harbor::Client& client) {
  auto answer = co_await client.get("/api/v2.0/systeminfo", client.account().authorization());
  if (!answer || answer->status != 200) co_return std::string();
  const auto info = base::read_json<nlohmann::json>(answer->body);
  const auto version = info.is_object() ? info.find("harbor_version") : info.end();
  const bool told = info.is_object() && version != info.end() && version->is_string();
  co_return told ? version->get<std::string>() : std::string();
}

// Who was asked, and which settings that may be the fault of.
base::Failure discovery_failed(const base::Failure& why, const Settings& settings) {
  std::string detail = "Harbor at " + settings.upstream.harbor.url() + ": " + why.detail;
  switch (why.code) {
    case Errc::refused_account:
      detail += " (asked as " + settings.account.username +
                "; check HARBOR_USERNAME and HARBOR_PASSWORD)";
      break;
    case Errc::tls_failed:
      detail += " (HARBOR_CA_FILE names the authority, where it is a private one)";
      break;
    case Errc::io:
    case Errc::limited:
    case Errc::unavailable:
      break;
    case Errc::closed:
    case Errc::protocol:
      detail += settings.upstream.harbor.scheme == http::Scheme::http
                    ? " (check HARBOR_URL; a port that speaks TLS wants https)"
                    : " (check HARBOR_URL)";
      break;
    default:
      detail += " (check HARBOR_URL)";
      break;
  }
  return {why.code, std::move(detail), why.retry_after};
}

}  // namespace

struct Inquiry::Parts {
  Parts(Settings settings, observe::Log& log, observe::Registry& metrics)
      : shared(std::move(settings), log, metrics), worker(shared) {}

  // Runs the thread's coroutines until this one has ended.
  void run(http::Awaitable<> work) {
    bool ended = false;
    std::exception_ptr failed;
    boost::asio::co_spawn(worker.context, std::move(work), [&](std::exception_ptr error) {
      ended = true;
      failed = error;
    });
    while (!ended) worker.context.run_one();
    if (failed) std::rethrow_exception(failed);
  }

  http::Awaitable<> discover(base::Result<Document>& result);
  http::Awaitable<> resolve_in_turn(const std::vector<ResolveRequest>& requests,
                                    std::vector<base::Result<Document>>& results, std::size_t& next,
                                    const std::function<void()>& on_answer);

  Shared shared;
  Worker worker;
};

Inquiry::Inquiry(Settings settings, observe::Log& log, observe::Registry& metrics)
    : parts_(std::make_unique<Parts>(std::move(settings), log, metrics)) {}

// Questions that nobody waits for any more may still be on their way, in coroutines that hold each
// other's places; like serve, the process ends without taking them down.
Inquiry::~Inquiry() {
  static_cast<void>(parts_.release());
}

http::Awaitable<> Inquiry::Parts::discover(base::Result<Document>& result) {
  auto discovered = co_await harbor::discover(worker.client);
  if (!discovered) {
    result = discovery_failed(discovered.error(), shared.settings);
    co_return;
  }
  std::string version = co_await harbor_version(worker.client);
  auto list = std::make_shared<const harbor::ProjectList>(std::move(discovered->projects));
  shared.core.projects.set(list);
  result = Document{projects_json(*list, discovered->warnings,
                                  {.harbor = shared.settings.upstream.harbor.url(),
                                   .version = std::move(version),
                                   .max_fanout = shared.settings.upstream.max_fanout})};
}

base::Result<Document> Inquiry::discover() {
  base::Result<Document> result = Document{};
  parts_->run(parts_->discover(result));
  return result;
}

base::Result<void> Inquiry::use(const Json& discovered) {
  auto projects = projects_of_json(discovered);
  if (!projects) return projects.error();
  parts_->shared.core.projects.set(
      std::make_shared<const harbor::ProjectList>(std::move(*projects)));
  return {};
}

http::Awaitable<> Inquiry::Parts::resolve_in_turn(const std::vector<ResolveRequest>& requests,
                                                  std::vector<base::Result<Document>>& results,
                                                  std::size_t& next,
                                                  const std::function<void()>& on_answer) {
  while (next < requests.size()) {
    const std::size_t index = next++;
    ImageQuestion question = question_of(requests[index]);
    results[index] = co_await explain_image(worker, std::move(question));
    on_answer();
  }
}

std::vector<base::Result<Document>> Inquiry::resolve(
    const std::vector<ResolveRequest>& requests,
    const std::function<void(std::size_t)>& on_answer) {
  std::vector<base::Result<Document>> results(requests.size(), base::Result<Document>(Document{}));
  std::size_t next = 0, answered = 0, running = std::min(at_a_time, requests.size());
  const std::function<void()> one_more = [&] { on_answer(++answered); };
  std::exception_ptr failed;
  for (std::size_t i = running; i > 0; --i)
    boost::asio::co_spawn(parts_->worker.context,
                          parts_->resolve_in_turn(requests, results, next, one_more),
                          [&](std::exception_ptr error) {
                            --running;
                            if (error) failed = error;
                          });
  while (running > 0) parts_->worker.context.run_one();
  if (failed) std::rethrow_exception(failed);
  return results;
}

base::Result<Document> Inquiry::plan(const ResolveRequest& request) {
  return planned_requests(parts_->worker, question_of(request));
}

}  // namespace harbor_router::server
