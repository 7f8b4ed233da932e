#include "server/cached_manifests.hpp"

#include <string>

#include <doctest/doctest.h>

#include "harbor_router/oci/media_type.hpp"
#include "server/pull_reply.hpp"
#include "unit/server/replies.hpp"

using namespace harbor_router;
using namespace harbor_router::server;

namespace {

using namespace std::chrono_literals;
using routing::CacheState;
using routing::Resolution;
using Kind = routing::Verdict::Kind;

const std::string app_bytes = R"({"schemaVersion":2,"layers":[]})";
const std::string moved_bytes = R"({"schemaVersion":2,"layers":[],"annotations":{}})";

harbor::Credentials person(std::uint64_t identity) {
  return {.kind = harbor::Credentials::Kind::person,
          .authorization = "Bearer " + std::to_string(identity),
          .identity = identity};
}

const harbor::Credentials router_itself, alice = person(17), bob = person(18);

Settings service(ManifestCacheSettings manifests) {
  Settings settings;
  settings.auth_mode = AuthMode::service;
  settings.manifests = manifests;
  return settings;
}

Settings passthrough(ManifestCacheSettings manifests) {
  Settings settings;
  settings.auth_mode = AuthMode::passthrough;
  settings.manifests = manifests;
  return settings;
}

// hub and quay, a mapping of team/app:1 to hub, and a clock that moves only when told to. Harbor is
// whatever a story says it answers.
struct Kitchen {
  explicit Kitchen(const Settings& settings)
      : core({.cache = {.ttl = 300s, .negative_ttl = 30s, .stale_window = 60s, .capacity = 1000}}),
        cached(settings, core, registry) {
    core.projects.set(std::make_shared<const harbor::ProjectList>(
        std::vector<harbor::Project>{{.name = "hub", .id = 1}, {.name = "quay", .id = 2}}));
    map("1", 1);
    map("", 1);
  }

  void map(const std::string& reference, store::ProjectId project) {
    core.mappings.learn({.hint = "", .repository = "team/app", .reference = reference}, project,
                        std::nullopt, now);
  }
  harbor::ProjectPointer project(store::ProjectId id) { return core.projects.get()->by_id(id); }

  // The reply, or nothing where Harbor is to be asked.
  std::optional<Reply> ask(const std::string& reference,
                           const harbor::Credentials& who = router_itself) {
    const oci::PullPath path = testing::path_of("/v2/proxy/team/app/manifests/" + reference);
    http::RequestHead head{.method = "GET"};
    head.fields.add("Accept", accept);
    if (!if_none_match.empty()) head.fields.add("If-None-Match", if_none_match);
    auto answer = cached.answer({head, path, who}, now);
    if (auto* reply = std::get_if<Reply>(&answer)) return std::move(*reply);
    open = std::move(std::get<OpenManifestPointer>(answer));
    return std::nullopt;
  }
  std::string cached_body(const std::string& reference,
                          const harbor::Credentials& who = router_itself) {
    const auto reply = ask(reference, who);
    return reply ? std::string(reply->body()) : "";
  }
  Resolution gives(const std::string& bytes, store::ProjectId from = 1) {
    return {.kind = Kind::chosen,
            .project = project(from),
            .answer = std::make_shared<const harbor::Answer>(
                harbor::Answer{.outcome = harbor::Outcome::hit,
                               .status = 200,
                               .content_type = std::string(oci::oci_manifest) + "; charset=utf-8",
                               .digest = oci::Digest::of(bytes),
                               .length = bytes.size(),
                               .warnings = {"299 - \"old\""},
                               .body = std::make_shared<const std::string>(bytes)}),
            .cache = CacheState::hit};
  }
  // Asks, and has Harbor say this where it must be asked.
  void ask_and_learn(const std::string& reference, const Resolution& said,
                     const harbor::Credentials& who = router_itself) {
    REQUIRE_FALSE(ask(reference, who));
    cached.learn(*open, said, now);
  }

  base::TimePoint now = base::TimePoint{} + 1h;
  std::string accept = "*/*", if_none_match;
  routing::Core core;
  observe::Registry registry;
  CachedManifests cached;
  OpenManifestPointer open;
};

constexpr ManifestCacheSettings by_tag{.size = 1 << 20, .tag_ttl = 10s, .grant_ttl = 60s};

}  // namespace

TEST_CASE("there is no manifest cache where it could never answer") {
  routing::Core core({});
  observe::Registry registry;
  CHECK_FALSE(CachedManifests::make(service({}), core, registry));
  CHECK_FALSE(
      CachedManifests::make(passthrough({.size = 1 << 20, .tag_ttl = 10s}), core, registry));
  CHECK(CachedManifests::make(service({.size = 1 << 20}), core, registry));
  CHECK(CachedManifests::make(passthrough(by_tag), core, registry));
}

TEST_CASE("a kept manifest's reply is the relayed one but for what the cache is said to have") {
  Kitchen kitchen(service(by_tag));
  const Resolution relayed = kitchen.gives(app_bytes);
  kitchen.ask_and_learn("1", relayed);
  for (const std::string& field : {std::string(), '"' + oci::Digest::of(app_bytes).str() + '"',
                                   std::string("\"sha256:other\"")}) {
    CAPTURE(field);
    kitchen.if_none_match = field;
    const Reply wanted = manifest_reply(relayed, field);
    const auto reply = kitchen.ask("1");
    REQUIRE(reply);
    CHECK(reply->status == wanted.status);
    CHECK(reply->fields == wanted.fields);
    CHECK(reply->body() == wanted.body());
    CHECK(reply->announced_length.value_or(reply->body().size()) ==
          wanted.announced_length.value_or(wanted.body().size()));
    CHECK(reply->project == wanted.project);
    CHECK(reply->cache == CacheState::manifest_hit);
  }
}

TEST_CASE("a kept manifest is answered only while a fresh mapping names its project") {
  Kitchen kitchen(service({.size = 1 << 20, .tag_ttl = 1h}));
  kitchen.ask_and_learn("1", kitchen.gives(app_bytes));
  const std::string digest = oci::Digest::of(app_bytes).str();
  CHECK(kitchen.cached_body("1") == app_bytes);
  CHECK(kitchen.cached_body(digest) == app_bytes);  // by its repository's mapping
  SUBCASE("not when it is stale") {
    kitchen.now += 301s;
    CHECK_FALSE(kitchen.ask("1"));
    CHECK_FALSE(kitchen.ask(digest));
  }
  SUBCASE("not when another project is named") {
    kitchen.map("1", 2);
    kitchen.map("", 2);
    CHECK_FALSE(kitchen.ask("1"));
    CHECK_FALSE(kitchen.ask(digest));
  }
  SUBCASE("not when it is forgotten") {
    kitchen.core.mappings.forget_matching("*", kitchen.now);
    CHECK_FALSE(kitchen.ask("1"));
    CHECK_FALSE(kitchen.ask(digest));
  }
  SUBCASE("not when the project is gone, or there is none") {
    kitchen.core.projects.set(std::make_shared<const harbor::ProjectList>());
    CHECK_FALSE(kitchen.ask("1"));
    kitchen.core.projects.set(nullptr);
    CHECK_FALSE(kitchen.ask("1"));
  }
}

TEST_CASE("what Harbor says of a tag replaces or ends what was kept of it") {
  Kitchen kitchen(service(by_tag));
  kitchen.ask_and_learn("1", kitchen.gives(app_bytes));
  kitchen.now += 10s;
  kitchen.ask_and_learn("1", kitchen.gives(moved_bytes));
  CHECK(kitchen.cached_body("1") == moved_bytes);
  const OpenManifestPointer asked_meanwhile = std::move(kitchen.open);
  for (const Kind kind : {Kind::not_found, Kind::refused, Kind::all_refused, Kind::blocked}) {
    CAPTURE(static_cast<int>(kind));
    kitchen.cached.learn(*asked_meanwhile, {.kind = kind}, kitchen.now);
    CHECK_FALSE(kitchen.ask("1"));
    kitchen.cached.learn(*kitchen.open, kitchen.gives(moved_bytes), kitchen.now);
    CHECK(kitchen.cached_body("1") == moved_bytes);
  }
  for (const Kind kind : {Kind::failed, Kind::limited, Kind::timed_out, Kind::unavailable}) {
    CAPTURE(static_cast<int>(kind));
    kitchen.cached.learn(*asked_meanwhile, {.kind = kind}, kitchen.now);
    CHECK(kitchen.cached_body("1") == moved_bytes);
  }
}

TEST_CASE("in passthrough mode an answer is for those whom Harbor gave the repository lately") {
  Kitchen kitchen(passthrough({.size = 1 << 20, .tag_ttl = 1h, .grant_ttl = 60s}));
  kitchen.ask_and_learn("1", kitchen.gives(app_bytes), alice);
  CHECK(kitchen.cached_body("1", alice) == app_bytes);
  kitchen.ask_and_learn("1", {.kind = Kind::refused}, bob);
  CHECK_FALSE(kitchen.ask("1", bob));
  CHECK(kitchen.cached_body("1", alice) == app_bytes);  // bob's refusal is bob's
  kitchen.now += 60s;
  kitchen.ask_and_learn("1", {.kind = Kind::refused}, alice);
  CHECK_FALSE(kitchen.ask("1", alice));
}

TEST_CASE("a refusal ends a grant before its time") {
  Kitchen kitchen(passthrough(by_tag));
  kitchen.ask_and_learn("1", kitchen.gives(app_bytes), alice);
  kitchen.now += 10s;  // the tag's time, not the grant's
  const std::string digest = oci::Digest::of(app_bytes).str();
  CHECK(kitchen.cached_body(digest, alice) == app_bytes);
  SUBCASE("when nobody gives it") {
    kitchen.ask_and_learn("1", {.kind = Kind::refused}, alice);
    CHECK_FALSE(kitchen.ask(digest, alice));
  }
  SUBCASE("when another project gives it in its place") {
    kitchen.ask_and_learn("1", kitchen.gives(moved_bytes, 2), alice);
    CHECK_FALSE(kitchen.ask(digest, alice));
    CHECK_FALSE(kitchen.ask("1", alice));
  }
}

TEST_CASE("a client whose Accept does not take what is kept is left to Harbor") {
  Kitchen kitchen(service(by_tag));
  kitchen.ask_and_learn("1", kitchen.gives(app_bytes));
  const std::string digest = oci::Digest::of(app_bytes).str();
  kitchen.accept = oci::oci_index;
  CHECK_FALSE(kitchen.ask("1"));
  CHECK_FALSE(kitchen.ask(digest));
  kitchen.accept = oci::oci_manifest;
  CHECK_FALSE(kitchen.ask("1"));  // the tag was told to clients that take everything
  CHECK(kitchen.cached_body(digest) == app_bytes);
}

TEST_CASE("an answer that was under way during a purge does not bring back what was purged") {
  Kitchen kitchen(service(by_tag));
  CHECK_FALSE(kitchen.ask("1"));
  const OpenManifestPointer under_way = std::move(kitchen.open);
  kitchen.now += 1s;
  kitchen.cached.forget_matching("*", kitchen.now);
  kitchen.now += 1s;
  kitchen.cached.learn(*under_way, kitchen.gives(app_bytes), kitchen.now);
  CHECK_FALSE(kitchen.ask("1"));
  CHECK_FALSE(kitchen.ask(oci::Digest::of(app_bytes).str()));
}

TEST_CASE("hits, why there was none, bytes and entries are counted") {
  Kitchen kitchen(service(by_tag));
  kitchen.ask_and_learn("1", kitchen.gives(app_bytes));
  CHECK(kitchen.ask("1"));
  kitchen.now += 10s;
  CHECK_FALSE(kitchen.ask("1"));
  kitchen.cached.measure();
  const std::string metrics = kitchen.registry.exposition();
  const auto says = [&metrics](const std::string& line) {
    return metrics.find("\nharbor_router_manifest_cache_" + line + "\n") != std::string::npos;
  };
  CHECK(says(R"(lookups_total{result="hit"} 1)"));
  CHECK(says(R"(lookups_total{result="absent"} 1)"));
  CHECK(says(R"(lookups_total{result="expired"} 1)"));
  CHECK(says("entries 2"));
  CHECK_FALSE(says("bytes 0"));
}
