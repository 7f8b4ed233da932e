#include "server/discovery_loop.hpp"

#include <set>

#include "harbor_router/base/chance.hpp"
#include "harbor_router/base/file_version.hpp"
#include "harbor_router/harbor/discovery.hpp"

namespace harbor_router::server {

namespace {

constexpr std::chrono::milliseconds first_retry{250};

std::string names_of(const harbor::ProjectList& projects) {
  std::string names;
  for (const auto& project : projects.all()) {
    if (!names.empty()) names += ' ';
    names += project->name;
    if (project->registry) names += '(' + project->registry->host + ')';
  }
  return names;
}

// What is said once when it changes, not at every round.
struct Said {
  std::string projects;
  std::string failure;
  std::set<std::string> warnings;
  std::set<std::string> lost_files;
};

// The account's files are read again when they change; one that is gone or empty is no reason to
// stop.
void tell_lost_files(Shared& shared, Said& said) {
  const harbor::AccountSettings& account = shared.settings.account;
  const auto look = [&](const char* variable, const std::optional<std::string>& file) {
    if (!file) return;
    const auto version = base::file_version(*file);
    if (version && version->size > 0)
      said.lost_files.erase(variable);
    else if (said.lost_files.insert(variable).second)
      shared.log.warning("a secret's file is gone or empty; what it said before stays in use",
                         {{"variable", variable}, {"file", *file}});
  };
  look("HARBOR_USERNAME_FILE", account.username_file);
  look("HARBOR_PASSWORD_FILE", account.password_file);
}

void publish(Worker& worker, harbor::Discovered discovered, Said& said) {
  Shared& shared = worker.shared;
  auto list = std::make_shared<const harbor::ProjectList>(std::move(discovered.projects));
  // Before the list: whoever sees it hears no age of an earlier one.
  shared.discovered_at = base::Clock::now().time_since_epoch().count();
  shared.discovery_failing = false;
  shared.core.adopt(list, base::Clock::now());
  shared.core.breakers.harbor_answered();
  shared.discovered.set(static_cast<std::int64_t>(list->size()));
  if (shared.on_discovered) shared.on_discovered();
  shared.tokens.keep_only([&list](const std::string& name) {
    for (const auto& project : list->all())
      if (project->name == name) return true;
    return false;
  });
  *shared.discovery_warnings.lock() = discovered.warnings;
  for (const std::string& warning : discovered.warnings)
    if (said.warnings.insert(warning).second) shared.log.warning(warning);
  if (list->size() > shared.settings.upstream.max_fanout && said.warnings.insert("fan-out").second)
    shared.log.warning("more projects than MAX_FANOUT_PROJECTS: the last by name are never asked",
                       {{"projects", std::to_string(list->size())},
                        {"limit", std::to_string(shared.settings.upstream.max_fanout)}});
  std::string names = names_of(*list);
  if (names != said.projects || !said.failure.empty())
    shared.log.info("projects discovered",
                    {{"count", std::to_string(list->size())}, {"projects", names}});
  said.projects = std::move(names);
  said.failure.clear();
}

// So that the first pull after start finds its tokens ready.
http::Awaitable<> fetch_tokens(Worker& worker) {
  const auto list = worker.shared.core.projects.get();
  for (const auto& project : list->all()) {
    harbor::TokenStore::Fetch fetch = [&worker, name = project->name] {
      return worker.client.own_token({"repository:" + name + "/any:pull"});
    };
    auto token = co_await worker.shared.tokens.get(project->name, fetch);
    if (!token) {
      worker.shared.log.warning("no token for a project",
                                {{"project", project->name}, {"error", token.error().detail}});
      co_return;  // the next would fail alike; requests fetch their own
    }
  }
}

}  // namespace

http::Awaitable<> discover_forever(Worker& worker) {
  Shared& shared = worker.shared;
  http::Timer timer(worker.context.get_executor());
  Said said;
  Duration retry = first_retry;
  for (;;) {
    tell_lost_files(shared, said);
    auto discovered = co_await harbor::discover(worker.client);
    Duration wait = shared.settings.upstream.discovery_interval;
    if (discovered) {
      publish(worker, std::move(*discovered), said);
      retry = first_retry;
      if (shared.settings.auth_mode == AuthMode::service) co_await fetch_tokens(worker);
    } else {
      shared.discovery_failures.add();
      shared.discovery_failing = true;
      if (said.failure != discovered.error().detail) {
        said.failure = discovered.error().detail;
        shared.log.error(
            "discovery failed; the last good list stays",
            {{"error", said.failure}, {"kind", base::to_string(discovered.error().code)}});
      }
      wait = std::min(wait, retry);
      retry = std::min(retry * 2, shared.settings.upstream.discovery_interval);
    }
    // Replicas started together must not ask together.
    timer.expires_after(std::chrono::duration_cast<Duration>(wait * (0.9 + 0.2 * base::chance())));
    auto [stopped] = co_await timer.async_wait(http::as_result);
    if (stopped) co_return;
  }
}

}  // namespace harbor_router::server
