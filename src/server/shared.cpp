#include "server/shared.hpp"

#include "harbor_router/http/tls.hpp"

namespace harbor_router::server {

namespace {

// The system's roots are by far the slowest thing at start: read only where Harbor speaks TLS.
boost::asio::ssl::context tls_to_harbor(const UpstreamSettings& upstream) {
  if (upstream.harbor.scheme == http::Scheme::http && upstream.ca_file.empty())
    return boost::asio::ssl::context(boost::asio::ssl::context::tls_client);
  return http::client_tls(upstream.ca_file, "HARBOR_CA_FILE");
}

}  // namespace

Shared::Shared(Settings given, observe::Log& log_to, observe::Registry& count_in)
    : settings(std::move(given)),
      log(log_to),
      metrics(count_in),
      core({.cache = settings.cache,
            .breaker = {.threshold = settings.upstream.breaker_threshold,
                        .open_for = settings.upstream.breaker_timeout},
            .max_inflight = settings.upstream.max_inflight,
            .discovery_interval = settings.upstream.discovery_interval}),
      rate_limiter(settings.clients.rate_limit_per_ip),
      account(settings.account),
      manifests(CachedManifests::make(settings, core, metrics)),
      tls(tls_to_harbor(settings.upstream)),
      service_credentials(std::make_shared<const harbor::Credentials>()),
      inflight(metrics.gauge("harbor_router_inflight_requests", "Requests being answered now.")),
      discovered(metrics.gauge("harbor_router_discovered_projects",
                               "Proxy-cache projects found by the last discovery.")),
      conflicts(metrics.counter("harbor_router_conflicts_total",
                                "Tags that two projects have with different digests.")),
      blob_resumes(metrics.counter("harbor_router_blob_resumes_total",
                                   "Blobs cut by Harbor and gone on with.")),
      rate_limited(metrics.counter("harbor_router_rate_limited_total",
                                   "Requests refused by RATE_LIMIT_PER_IP.")),
      discovery_age(metrics.gauge("harbor_router_discovery_age_seconds",
                                  "Since the list of projects in use was read.")),
      discovery_failures(metrics.counter("harbor_router_discovery_failures_total",
                                         "Discoveries that failed; the last good list stays.")) {
  if (!settings.client_auth_file.empty())
    passwords = std::make_unique<ClientPasswords>(settings.client_auth_file, log);
  core.breakers.on_change([this](const std::string& project, bool open) {
    const std::string_view name = project.empty() ? std::string_view("all of Harbor") : project;
    metrics
        .gauge("harbor_router_breaker_open",
               "1 while a project (or Harbor as a whole) is not asked.",
               {{"project", std::string(name)}})
        .set(open ? 1 : 0);
    if (open && !project.empty() && on_breaker_open) on_breaker_open(project);
    if (open)
      log.warning("not asked for a while, it failed too often", {{"project", name}});
    else
      log.info("asked again, it answers", {{"project", name}});
  });
  core.on_conflict = [this](const routing::Conflict& conflict) {
    conflicts.add();
    log.warning("two projects have this tag with different digests",
                {{"repository", conflict.subject.repository},
                 {"reference", conflict.reference},
                 {"project", conflict.chosen.name},
                 {"digest", conflict.chosen_digest},
                 {"other_project", conflict.other.name},
                 {"other_digest", conflict.other_digest}});
  };
}

std::size_t Shared::forget_matching(const std::string& pattern) {
  const base::TimePoint now = base::Clock::now();
  // Mappings first: without one nothing kept is answered.
  const std::size_t mappings = core.mappings.forget_matching(pattern, now);
  if (manifests) manifests->forget_matching(pattern, now);
  if (on_purged) on_purged();
  return mappings;
}

}  // namespace harbor_router::server
