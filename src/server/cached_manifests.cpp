#include "server/cached_manifests.hpp"

#include <algorithm>

#include "server/pull_reply.hpp"

namespace harbor_router::server {

namespace {

observe::Counter& lookups(observe::Registry& registry, const char* result) {
  return registry.counter(
      "harbor_router_manifest_cache_lookups_total",
      "Manifests asked for while the manifest cache is on, by what it had: hit, "
      "or why Harbor was asked.",
      {{"result", result}});
}

store::Key mapping_key(const OpenManifest& open, std::string_view reference) {
  return {.hint = open.subject.hint,
          .repository = open.subject.repository,
          .reference = reference,
          .identity = open.identity};
}

store::ManifestKey manifest_key(const OpenManifest& open, store::ProjectId project) {
  return {.image = mapping_key(open, open.reference), .project = project};
}

store::Grant grant_of(const OpenManifest& open, store::ProjectId project) {
  return {.identity = open.identity, .project = project, .repository = open.subject.repository};
}

bool is_hit(const routing::Resolution& resolution) {
  return resolution.kind == routing::Verdict::Kind::chosen && resolution.project &&
         resolution.answer && resolution.answer->outcome == harbor::Outcome::hit &&
         resolution.answer->digest;
}

}  // namespace

std::unique_ptr<CachedManifests> CachedManifests::make(const Settings& settings,
                                                       routing::Core& core,
                                                       observe::Registry& registry) {
  const bool granted =
      settings.auth_mode == AuthMode::service || settings.manifests.grant_ttl > Duration::zero();
  if (settings.manifests.size == 0 || !granted) return nullptr;
  return std::make_unique<CachedManifests>(settings, core, registry);
}

CachedManifests::CachedManifests(const Settings& settings, routing::Core& core,
                                 observe::Registry& registry)
    : core_(core),
      manifests_({.capacity = settings.manifests.size, .tag_ttl = settings.manifests.tag_ttl}),
      hits_(lookups(registry, "hit")),
      absent_(lookups(registry, "absent")),
      expired_(lookups(registry, "expired")),
      not_accepted_(lookups(registry, "not_accepted")),
      not_mapped_(lookups(registry, "not_mapped")),
      not_granted_(lookups(registry, "not_granted")),
      evictions_(registry.counter("harbor_router_manifest_cache_evictions_total",
                                  "Manifests and tags that had to go for others.")),
      bytes_(registry.gauge("harbor_router_manifest_cache_bytes",
                            "Held by the manifest cache, of MANIFEST_CACHE_SIZE.")),
      entries_(registry.gauge("harbor_router_manifest_cache_entries",
                              "Manifests and tags in the manifest cache.")) {
  if (settings.auth_mode == AuthMode::passthrough)
    grants_.emplace(store::GrantSettings{.ttl = settings.manifests.grant_ttl});
}

harbor::ProjectPointer CachedManifests::mapped(OpenManifest& open,
                                               const harbor::ProjectList& projects) const {
  store::Found found = core_.mappings.look(mapping_key(open, open.reference), open.asked);
  // A digest nobody asked for by this name yet is where the rest of its repository is.
  const bool is_digest = open.reference.find(':') != std::string::npos;
  if (is_digest && found.state != store::State::negative && !is_live_mapping(found.state))
    found = core_.mappings.look(mapping_key(open, {}), open.asked);
  if (!is_live_mapping(found.state)) return nullptr;
  open.known = found.project;
  return found.state == store::State::fresh ? projects.by_id(found.project) : nullptr;
}

std::variant<Reply, OpenManifestPointer> CachedManifests::answer(const ManifestRequest& request,
                                                                 base::TimePoint now) {
  using Lookup = store::FoundManifest::Lookup;
  static const harbor::ProjectList none;
  const auto list = core_.projects.get();
  const harbor::ProjectList& projects = list ? *list : none;
  const oci::PullPath& path = request.path;
  OpenManifest open{.subject = routing::subject_of(
                        path.repository.str(),
                        path.hint ? std::string_view(*path.hint) : std::string_view(), projects),
                    .reference = path.reference->str(),
                    .identity = request.credentials.identity,
                    .asked = now};
  for (const http::Field& field : request.head.fields)
    if (http::equal_ignoring_case(field.name, "Accept")) open.accepted.add(field.value);

  const auto left_open = [&open](observe::Counter& why) {
    why.add();
    return std::make_unique<OpenManifest>(std::move(open));
  };
  const harbor::ProjectPointer project = mapped(open, projects);
  if (!project) return left_open(not_mapped_);
  if (grants_ && !grants_->has(grant_of(open, project->id), now)) return left_open(not_granted_);
  const store::FoundManifest found =
      manifests_.find(manifest_key(open, project->id), open.accepted, now);
  switch (found.lookup) {
    case Lookup::hit:
      break;
    case Lookup::absent:
      return left_open(absent_);
    case Lookup::expired:
      return left_open(expired_);
    case Lookup::not_accepted:
      return left_open(not_accepted_);
  }
  hits_.add();
  // Counts for the mapping too: one that answers from here must not be the first to go.
  if (!is_live_mapping(core_.mappings.find(mapping_key(open, open.reference), now).state))
    static_cast<void>(core_.mappings.find(mapping_key(open, {}), now));
  Reply reply = manifest_reply(*found.manifest, request.head.fields.list("If-None-Match"));
  reply.project = project;
  reply.cache = routing::CacheState::manifest_hit;
  return reply;
}

void CachedManifests::learn(const OpenManifest& open, const routing::Resolution& resolution,
                            base::TimePoint now) {
  using Kind = routing::Verdict::Kind;
  if (is_hit(resolution)) {
    // Whoever joined another's question is given an answer to what was asked before.
    const base::TimePoint asked = std::min(open.asked, now - resolution.answer->duration);
    if (open.known && *open.known != resolution.project->id) drop(open, For::these_credentials);
    if (grants_) grants_->note(grant_of(open, resolution.project->id), asked);
    keep(open, resolution, asked);
    return;
  }
  switch (resolution.kind) {
    case Kind::not_found:  // the mapping is gone with it
    case Kind::blocked:    // a policy holds for everybody
      return drop(open, For::everybody);
    case Kind::refused:
    case Kind::all_refused:
      return drop(open, For::these_credentials);
    default:
      return;  // Harbor has said nothing of it
  }
}

void CachedManifests::keep(const OpenManifest& open, const routing::Resolution& resolution,
                           base::TimePoint asked) {
  const harbor::Answer& answer = *resolution.answer;
  const store::ManifestKey key = manifest_key(open, resolution.project->id);
  if (!answer.body || manifests_.holds(key, *answer.digest))
    return manifests_.see_tag(key, open.accepted, *answer.digest, asked);
  ManifestFields fields = manifest_fields(answer);
  manifests_.keep(key, open.accepted,
                  {.digest = *answer.digest,
                   .media_type = std::string(manifest_type(answer)),
                   .fields = std::move(fields.lines),
                   .fields_of_304 = fields.of_304,
                   .body = answer.body},
                  asked);
}

void CachedManifests::drop(const OpenManifest& open, For whom) {
  if (!open.known) return;
  if (grants_) grants_->withdraw(grant_of(open, *open.known));
  // In service mode these credentials are everybody's.
  if (!grants_ || whom == For::everybody) manifests_.forget(manifest_key(open, *open.known));
}

void CachedManifests::drop_grants(std::uint64_t identity) {
  if (grants_) grants_->withdraw_all(identity);
}

std::size_t CachedManifests::forget_matching(std::string_view pattern, base::TimePoint now) {
  return manifests_.forget_matching(pattern, now);
}

void CachedManifests::measure() {
  const store::ManifestStatistics now = manifests_.statistics();
  bytes_.set(static_cast<std::int64_t>(now.bytes));
  entries_.set(static_cast<std::int64_t>(now.entries));
  evictions_.add(now.evictions - evictions_.value());
}

}  // namespace harbor_router::server
