#include "harbor_router/store/manifest_cache.hpp"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using harbor_router::base::TimePoint;
using harbor_router::oci::AcceptedTypes;
using harbor_router::oci::Digest;
using harbor_router::store::FoundManifest;
using harbor_router::store::Manifest;
using harbor_router::store::ManifestCache;
using harbor_router::store::ManifestCacheSettings;
using harbor_router::store::ManifestKey;
using harbor_router::store::ManifestStatistics;
using harbor_router::store::ProjectId;
namespace oci = harbor_router::oci;
using Lookup = FoundManifest::Lookup;

constexpr ProjectId hub = 1;
constexpr ProjectId quay = 2;

AcceptedTypes accepts(std::string_view line) {
  AcceptedTypes types;
  types.add(line);
  return types;
}

const AcceptedTypes everything = accepts("*/*");

Manifest manifest(const std::string& bytes, std::string_view type = oci::oci_manifest) {
  return {.digest = Digest::of(bytes),
          .media_type = std::string(type),
          .fields = "Content-Type: " + std::string(type) + "\r\n",
          .body = std::make_shared<const std::string>(bytes)};
}

// A cache under a clock that moves only when told to, and a Harbor that is asked just now.
struct Fixture {
  explicit Fixture(ManifestCacheSettings settings = {.capacity = 1 << 20, .tag_ttl = 10s})
      : cache(settings) {}

  ManifestCache cache;
  TimePoint now = TimePoint{} + 1h;

  static ManifestKey image(std::string_view reference, ProjectId project = hub,
                           std::string_view repository = "team/app") {
    return {.image = {.hint = "", .repository = repository, .reference = reference},
            .project = project};
  }
  bool keep(const ManifestKey& key, const std::string& bytes) {
    return cache.keep(key, everything, manifest(bytes), now);
  }
  FoundManifest find(const ManifestKey& key, AcceptedTypes accepted = everything) {
    return cache.find(key, accepted, now);
  }
  std::string bytes_of(const ManifestKey& key) {
    const FoundManifest found = find(key);
    return found.manifest ? *found.manifest->body : "";
  }
};

TEST_CASE(
    "a manifest kept for a tag is there by tag until its time is over, by digest for longer") {
  Fixture at;
  const std::string digest = Digest::of("one").str();
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::absent);
  CHECK(at.keep(Fixture::image("1"), "one"));
  CHECK(at.bytes_of(Fixture::image("1")) == "one");
  CHECK(at.bytes_of(Fixture::image(digest)) == "one");
  CHECK(at.cache.holds(Fixture::image("1"), Digest::of("one")));
  CHECK_FALSE(at.cache.holds(Fixture::image("1"), Digest::of("two")));
  CHECK_FALSE(at.cache.holds(Fixture::image("1", quay), Digest::of("one")));
  at.now += 10s;
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::expired);
  at.now += 24h;
  CHECK(at.bytes_of(Fixture::image(digest)) == "one");
}

TEST_CASE("without a time for tags they are not kept, digests are") {
  Fixture at({.capacity = 1 << 20});
  CHECK(at.keep(Fixture::image("1"), "one"));
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::absent);
  CHECK(at.bytes_of(Fixture::image(Digest::of("one").str())) == "one");
}

TEST_CASE("a tag that moved is what it was seen to be last, whatever order the answers come in") {
  Fixture at;
  const TimePoint earlier = at.now;
  at.keep(Fixture::image("1"), "old");
  at.now += 1s;
  at.keep(Fixture::image("1"), "new");
  CHECK(at.bytes_of(Fixture::image("1")) == "new");
  at.cache.keep(Fixture::image("1"), everything, manifest("old"), earlier);
  CHECK(at.bytes_of(Fixture::image("1")) == "new");
}

TEST_CASE("a HEAD's word on a tag is as good as a GET's, once the manifest is there") {
  Fixture at;
  at.cache.see_tag(Fixture::image("1"), everything, Digest::of("one"), at.now);
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::absent);
  at.keep(Fixture::image(Digest::of("one").str()), "one");
  CHECK(at.bytes_of(Fixture::image("1")) == "one");
  at.now += 1s;
  at.cache.see_tag(Fixture::image("1"), everything, Digest::of("two"), at.now);
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::absent);
}

TEST_CASE("bytes that are not their digest's are never kept") {
  Fixture at;
  Manifest forged = manifest("one");
  forged.body = std::make_shared<const std::string>("two");
  CHECK_FALSE(at.cache.keep(Fixture::image("1"), everything, forged, at.now));
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::absent);
  CHECK(at.find(Fixture::image(Digest::of("one").str())).lookup == Lookup::absent);
  CHECK(at.cache.statistics().entries == 0);
}

TEST_CASE("nothing is found under another project, repository or registry") {
  Fixture at;
  const std::string digest = Digest::of("secret").str();
  at.keep(Fixture::image("1"), "secret");
  for (const std::string& reference : {std::string("1"), digest}) {
    CHECK(at.find(Fixture::image(reference, quay)).lookup == Lookup::absent);
    CHECK(at.find(Fixture::image(reference, hub, "team/other")).lookup == Lookup::absent);
    ManifestKey elsewhere = Fixture::image(reference);
    elsewhere.image.hint = "ghcr.io";
    CHECK(at.find(elsewhere).lookup == Lookup::absent);
  }
}

TEST_CASE("a client gets only a type it takes, and a tag only as clients like it were told") {
  Fixture at;
  const AcceptedTypes indexes = accepts(oci::oci_index), images = accepts(oci::oci_manifest);
  const std::string both = std::string(oci::oci_index) + ", " + std::string(oci::oci_manifest);
  at.cache.keep(Fixture::image("1"), images, manifest("image"), at.now);
  at.cache.keep(Fixture::image("1"), accepts(both), manifest("index", oci::oci_index), at.now);
  CHECK(*at.find(Fixture::image("1"), images).manifest->body == "image");
  CHECK(*at.find(Fixture::image("1"), accepts(both)).manifest->body == "index");
  CHECK(at.find(Fixture::image("1"), indexes).lookup == Lookup::absent);
  const std::string digest = Digest::of("image").str();
  CHECK(at.find(Fixture::image(digest), images).lookup == Lookup::hit);
  CHECK(at.find(Fixture::image(digest), indexes).lookup == Lookup::not_accepted);
  CHECK(at.find(Fixture::image(digest), AcceptedTypes{}).lookup == Lookup::not_accepted);
}

TEST_CASE("clients that accept ever other things do not make a tag grow") {
  Fixture at;
  at.keep(Fixture::image("1"), "one");
  const std::size_t bytes = at.cache.statistics().bytes;
  for (unsigned bits = 1; bits < 16; ++bits) {
    AcceptedTypes types;
    for (unsigned i = 0; i < 4; ++i)
      if ((bits >> i) & 1U) types.add(oci::usual_manifest_types[i]);
    at.now += 1ms;
    at.cache.keep(Fixture::image("1"), types, manifest("one"), at.now);
    if (types.takes(oci::oci_manifest))
      CHECK(at.find(Fixture::image("1"), types).lookup == Lookup::hit);
  }
  CHECK(at.cache.statistics().bytes == bytes);
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::absent);  // the oldest went
}

TEST_CASE("a purge drops what it means, and what was asked for before it does not come back") {
  Fixture at;
  const TimePoint before = at.now;
  at.keep(Fixture::image("1"), "one");
  at.keep(Fixture::image("1", hub, "team/other"), "other");
  at.now += 1s;
  CHECK(at.cache.forget_matching("team/app", at.now) == 2);
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::absent);
  CHECK(at.find(Fixture::image(Digest::of("one").str())).lookup == Lookup::absent);
  CHECK(at.bytes_of(Fixture::image("1", hub, "team/other")) == "other");
  at.cache.keep(Fixture::image("1"), everything, manifest("one"), before);
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::absent);
  at.now += 1s;
  at.keep(Fixture::image("1"), "one");
  CHECK(at.bytes_of(Fixture::image("1")) == "one");
  CHECK(at.cache.forget_matching("*", at.now) == 4);
  CHECK(at.cache.statistics().entries == 0);
  CHECK(at.cache.statistics().bytes == 0);
}

TEST_CASE("a tag forgotten is gone for clients of every kind, its manifest stays") {
  Fixture at;
  at.keep(Fixture::image("1"), "one");
  at.cache.keep(Fixture::image("1"), accepts(oci::oci_manifest), manifest("one"), at.now);
  at.cache.forget(Fixture::image("1"));
  CHECK(at.find(Fixture::image("1")).lookup == Lookup::absent);
  CHECK(at.find(Fixture::image("1"), accepts(oci::oci_manifest)).lookup == Lookup::absent);
  CHECK(at.bytes_of(Fixture::image(Digest::of("one").str())) == "one");
}

TEST_CASE("all that is kept stays within the bytes given, its bookkeeping included") {
  constexpr std::size_t capacity = 64 << 10;
  Fixture at({.capacity = capacity, .tag_ttl = 10s});
  for (int i = 0; i < 1000; ++i) {
    at.keep(Fixture::image(std::to_string(i)), std::string(static_cast<std::size_t>(i), 'x'));
    CHECK(at.cache.statistics().bytes <= capacity);
  }
  const ManifestStatistics statistics = at.cache.statistics();
  CHECK(statistics.entries > 10);
  CHECK(statistics.evictions > 1000);
  CHECK(at.keep(Fixture::image("large"), std::string(capacity, 'x')));
  CHECK(at.find(Fixture::image(Digest::of(std::string(capacity, 'x')).str())).lookup ==
        Lookup::absent);
}

TEST_CASE("manifests asked for once do not push out those asked for often") {
  Fixture at({.capacity = 256 << 10});
  std::vector<std::string> often;
  for (int i = 0; i < 20; ++i) {
    const std::string bytes = "often " + std::to_string(i) + std::string(2000, 'o');
    often.push_back(Digest::of(bytes).str());
    at.keep(Fixture::image(often.back()), bytes);
  }
  for (int i = 0; i < 2000; ++i) {
    const std::string bytes = "once " + std::to_string(i) + std::string(2000, 'x');
    at.keep(Fixture::image(Digest::of(bytes).str()), bytes);
    if (i % 10 == 0)
      for (const std::string& digest : often) at.find(Fixture::image(digest));
  }
  for (const std::string& digest : often)
    CHECK(at.find(Fixture::image(digest)).lookup == Lookup::hit);
}

TEST_CASE("any thread may call anything") {
  Fixture at({.capacity = 64 << 20, .tag_ttl = 10s});
  const TimePoint now = at.now;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&at, now, thread] {
      for (int i = 0; i < 2000; ++i) {
        const std::string bytes = std::to_string(i % 50), tag = std::to_string(i % 20);
        at.cache.keep(Fixture::image(tag), everything, manifest(bytes), now);
        const FoundManifest found = at.cache.find(Fixture::image(tag), everything, now);
        if (found.manifest) CHECK(found.manifest->digest.matches(*found.manifest->body));
        if (i % 100 == thread) at.cache.forget_matching("team/*", now - 1s);
        if (i % 7 == thread) at.cache.forget(Fixture::image(tag));
      }
    });
  for (std::thread& thread : threads) thread.join();
  at.cache.forget_matching("*", now);
  CHECK(at.cache.statistics().bytes == 0);
}

}  // namespace
