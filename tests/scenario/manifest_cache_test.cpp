// Manifests answered without asking Harbor: by digest, by tag for a while, and to whom.
#include <thread>

#include <doctest/doctest.h>

#include "scenario/desk.hpp"
#include "scenario/passthrough.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

namespace {

const std::string cache_of = "X-Harbor-Router-Cache";

Environment kept(Environment more = {}) {
  more.try_emplace("MANIFEST_CACHE_SIZE", "16MiB");
  return more;
}

std::string by_digest(const Image& image) {
  return "/v2/proxy/team/app/manifests/" + image.manifest.digest.str();
}

double lookups(const Router& router, const std::string& result) {
  return metric(router, "harbor_router_manifest_cache_lookups_total{result=\"" + result + "\"}");
}

}  // namespace

TEST_CASE("a manifest asked for by digest again does not reach Harbor, also while Harbor is away") {
  World world(kept());
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  const Reply relayed = get(*world.router, by_digest(image), {accepts_manifests()});
  REQUIRE(relayed.status == 200);
  world.forget_the_search();
  world.harbor.set_fault({}, {.then = fault::Close{}});
  const Reply answer = get(*world.router, by_digest(image), {accepts_manifests()});
  CHECK(answer.status == 200);
  CHECK(answer.body == image.manifest.bytes);
  CHECK(answer.header(cache_of) == "manifest_hit");
  for (const char* field : {"Content-Type", "Content-Length", "Docker-Content-Digest", "ETag",
                            "Docker-Distribution-Api-Version", "X-Harbor-Router-Project"})
    CHECK_MESSAGE(answer.header(field) == relayed.header(field), field);
  CHECK(world.asked(std::nullopt) == 0);
  CHECK(world.router->wait_for_log("manifest_hit"));
  CHECK(lookups(*world.router, "hit") == 1);
  CHECK(metric(*world.router, "harbor_router_cache_lookups_total{result=\"manifest_hit\"}") == 1);
  CHECK(metric(*world.router, "harbor_router_manifest_cache_entries") == 1);
  CHECK(metric(*world.router, "harbor_router_manifest_cache_bytes") >
        static_cast<double>(image.manifest.bytes.size()));
}

TEST_CASE("tags ask Harbor always unless MANIFEST_CACHE_TTL says otherwise") {
  World world(kept());
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  for (int i = 0; i < 3; ++i)
    CHECK(get(*world.router, app, {accepts_manifests()}).header(cache_of) != "manifest_hit");
  CHECK(world.asked("GET", "ghcr") == 3);
  CHECK(get(*world.router, by_digest(image), {accepts_manifests()}).header(cache_of) ==
        "manifest_hit");

  World off;
  off.has("ghcr", "team/app", "1", image);
  for (int i = 0; i < 3; ++i)
    CHECK(get(*off.router, by_digest(image), {accepts_manifests()}).status == 200);
  CHECK(off.asked("GET", "ghcr") == 3);
  CHECK(lookups(*off.router, "hit") == 0);
}

TEST_CASE("within its time a tag is not asked for; after it a tag that moved is seen") {
  World world(kept({{"MANIFEST_CACHE_TTL", "300s"}}));
  const Image old = small_image("old"), moved = small_image("moved");
  world.has("ghcr", "team/app", "1", old);
  CHECK(get(*world.router, app, {accepts_manifests()}).body == old.manifest.bytes);
  world.forget_the_search();
  world.has("ghcr", "team/app", "1", moved);
  for (int i = 0; i < 5; ++i) {
    const Reply answer = get(*world.router, app, {accepts_manifests()});
    CHECK(answer.body == old.manifest.bytes);
    CHECK(answer.header(cache_of) == "manifest_hit");
  }
  CHECK(world.asked(std::nullopt) == 0);

  World soon(kept({{"MANIFEST_CACHE_TTL", "300ms"}}));
  soon.has("ghcr", "team/app", "1", old);
  CHECK(get(*soon.router, app, {accepts_manifests()}).body == old.manifest.bytes);
  soon.has("ghcr", "team/app", "1", moved);
  CHECK(comes_true(
      [&] { return get(*soon.router, app, {accepts_manifests()}).body == moved.manifest.bytes; }));
  CHECK(lookups(*soon.router, "expired") >= 1);
  CHECK(get(*soon.router, by_digest(old), {accepts_manifests()}).body == old.manifest.bytes);
}

TEST_CASE("HEAD and GET, by tag and by digest, answer alike from what was kept") {
  World world(kept({{"MANIFEST_CACHE_TTL", "300s"}}));
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  // As containerd pulls: the tag by HEAD, its digest by GET.
  CHECK(head(*world.router, app, {accepts_manifests()}).status == 200);
  CHECK(get(*world.router, by_digest(image), {accepts_manifests()}).status == 200);
  world.forget_the_search();
  for (const std::string& path : {app, by_digest(image)}) {
    CAPTURE(path);
    const Reply whole = get(*world.router, path, {accepts_manifests()});
    const Reply bare = head(*world.router, path, {accepts_manifests()});
    CHECK(whole.body == image.manifest.bytes);
    CHECK(bare.body.empty());
    for (const Reply& reply : {whole, bare}) {
      CHECK(reply.status == 200);
      CHECK(reply.header(cache_of) == "manifest_hit");
      CHECK(reply.header("Content-Length") == std::to_string(image.manifest.bytes.size()));
      CHECK(reply.header("Content-Type") == image.manifest.media_type);
      CHECK(reply.header("Docker-Content-Digest") == image.manifest.digest.str());
      CHECK(reply.header("ETag") == '"' + image.manifest.digest.str() + '"');
    }
    const Reply unchanged =
        get(*world.router, path,
            {accepts_manifests(), {"If-None-Match", '"' + image.manifest.digest.str() + '"'}});
    CHECK(unchanged.status == 304);
    CHECK(unchanged.body.empty());
    CHECK(unchanged.header("ETag") == '"' + image.manifest.digest.str() + '"');
    CHECK_FALSE(unchanged.has("Content-Type"));
  }
  CHECK(world.asked(std::nullopt) == 0);
}

TEST_CASE("whoever does not take what is kept is answered by Harbor") {
  World world(kept({{"MANIFEST_CACHE_TTL", "300s"}}));
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.forget_the_search();
  const std::vector<Field> no_index = {{"Accept", std::string(oci::oci_index)}};
  for (const std::vector<Field>& fields : {no_index, std::vector<Field>{}})
    for (const std::string& path : {app, by_digest(image)})
      CHECK(get(*world.router, path, fields).header(cache_of) == "hit");
  CHECK(world.asked("GET", "ghcr") == 4);
  CHECK(lookups(*world.router, "not_accepted") >= 2);
}

TEST_CASE("a purge drops what was kept") {
  Desk desk(kept({{"MANIFEST_CACHE_TTL", "300s"}, {"ADMIN_TOKEN", "let-me-in"}}));
  const Image old = small_image("old"), moved = small_image("moved");
  desk.has("ghcr", "team/app", "1", old);
  CHECK(get(*desk.router, app, {accepts_manifests()}).status == 200);
  CHECK(get(*desk.router, app, {accepts_manifests()}).header(cache_of) == "manifest_hit");
  desk.has("ghcr", "team/app", "1", moved);
  Command purge =
      desk.command({"cache-inspect", "--server", desk.admin_url(), "--purge", "--yes", "team/app"});
  purge.environment["ADMIN_TOKEN"] = "let-me-in";
  CHECK(run(purge).exit_code == 0);
  CHECK(metric(*desk.router, "harbor_router_manifest_cache_entries") == 0);
  desk.harbor.clear_requests();
  CHECK(get(*desk.router, app, {accepts_manifests()}).body == moved.manifest.bytes);
  CHECK(desk.asked("GET", "ghcr") == 1);
}

TEST_CASE("a tag that Harbor has no more, or refuses, is not answered from what was kept") {
  World world(kept({{"MANIFEST_CACHE_TTL", "300ms"}}));
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 200);
  world.harbor.remove_tag({"ghcr", "team/app", "1"});
  CHECK(comes_true([&] { return get(*world.router, app, {accepts_manifests()}).status == 404; }));
  CHECK(get(*world.router, app, {accepts_manifests()}).status == 404);

  World refusing(kept({{"MANIFEST_CACHE_TTL", "300ms"}}));
  refusing.has("ghcr", "team/app", "1", image);
  CHECK(get(*refusing.router, app, {accepts_manifests()}).status == 200);
  refusing.fails("ghcr", {.then = fault::Status{.status = 403}});
  CHECK(
      comes_true([&] { return get(*refusing.router, app, {accepts_manifests()}).status == 502; }));
  CHECK(get(*refusing.router, app, {accepts_manifests()}).status == 502);
}

TEST_CASE("a manifest kept for one who may have it is not given to one who may not") {
  Passthrough world(kept({{"MANIFEST_CACHE_TTL", "300s"}, {"AUTH_CACHE_TTL", "300s"}}));
  const Image secret = small_image("secret");
  world.has("secret", "team/app", "1", secret);
  const Field alice = world.alice(), bob = world.bob(), anybody = world.anybody();
  CHECK(get(*world.router, app, {accepts_manifests(), alice}).status == 200);
  world.forget_the_search();
  for (const std::string& path : {app, by_digest(secret)}) {
    CAPTURE(path);
    const Reply alices = get(*world.router, path, {accepts_manifests(), alice});
    CHECK(alices.body == secret.manifest.bytes);
    CHECK(alices.header(cache_of) == "manifest_hit");
    CHECK(world.asked(std::nullopt, "secret") == 0);
    for (int i = 0; i < 2; ++i) {
      CHECK(get(*world.router, path, {accepts_manifests(), bob}).status == 404);
      CHECK(get(*world.router, path, {accepts_manifests(), anybody}).status == 401);
    }
    CHECK(world.asked(std::nullopt, "secret") > 0);
    world.harbor.clear_requests();
  }
  // Another name for the same bytes is another right.
  const Reply elsewhere =
      get(*world.router, "/v2/proxy/team/other/manifests/" + secret.manifest.digest.str(),
          {accepts_manifests(), alice});
  CHECK(elsewhere.status == 404);
  // With a password the token got with it counts; the same password is the same right.
  const std::vector<Field> password = {accepts_manifests(), world.alices_password};
  CHECK(get(*world.router, app, password).header(cache_of) == "hit");
  CHECK(get(*world.router, app, password).header(cache_of) == "manifest_hit");
}

TEST_CASE("in passthrough mode nothing is answered without AUTH_CACHE_TTL, and the start says so") {
  Passthrough world(kept({{"MANIFEST_CACHE_TTL", "300s"}}));
  const Image image = small_image("app");
  world.has("quay", "team/app", "1", image);
  const Field alice = world.alice();
  for (int i = 0; i < 3; ++i)
    for (const std::string& path : {app, by_digest(image)})
      CHECK(get(*world.router, path, {accepts_manifests(), alice}).header(cache_of) !=
            "manifest_hit");
  CHECK(world.asked("GET", "quay") == 6);
  CHECK(world.router->wait_for_log("MANIFEST_CACHE_SIZE has no effect"));
}

TEST_CASE("rights that Harbor took back end within AUTH_CACHE_TTL") {
  Passthrough world(kept({{"MANIFEST_CACHE_TTL", "300s"}, {"AUTH_CACHE_TTL", "300ms"}}));
  const Image image = small_image("app");
  world.has("quay", "team/app", "1", image);
  const Field bob = world.bob();
  CHECK(get(*world.router, app, {accepts_manifests(), bob}).status == 200);
  world.fails("quay", {.then = fault::Status{.status = 401}});
  CHECK(comes_true([&] {
    return get(*world.router, app, {accepts_manifests(), bob}).status == 404;
  }));
  for (const std::string& path : {app, by_digest(image)})
    CHECK(get(*world.router, path, {accepts_manifests(), bob}).status == 404);
  CHECK(lookups(*world.router, "not_granted") >= 1);
}

TEST_CASE("a token that Harbor takes no more gets nothing that was kept, whatever showed it") {
  Passthrough world(kept({{"MANIFEST_CACHE_TTL", "300s"}, {"AUTH_CACHE_TTL", "300s"}}));
  const Image image = small_image("app");
  world.has("secret", "team/app", "1", image);
  for (const std::string& path : {std::string("/v2/"), std::string("/v2/proxy/team/app/tags/list"),
                                  "/v2/proxy/team/app/blobs/" + image.blobs.front().digest.str()}) {
    CAPTURE(path);
    const Field alice = world.alice();
    for (const std::string& kept_path : {app, by_digest(image), app, by_digest(image)})
      CHECK(get(*world.router, kept_path, {accepts_manifests(), alice}).status == 200);
    world.harbor.invalidate_tokens();
    CHECK(get(*world.router, app, {accepts_manifests(), alice}).header(cache_of) == "manifest_hit");
    CHECK(get(*world.router, path, {alice}).status == 401);
    for (const std::string& kept_path : {app, by_digest(image)})
      CHECK(get(*world.router, kept_path, {accepts_manifests(), alice}).status == 401);
  }
}

TEST_CASE("whom CLIENT_AUTH_FILE refuses gets nothing that was kept") {
  const Folder folder;
  const std::string file = folder.write(  // htpasswd -nbBC 5 carol Carol-1
      "htpasswd", "carol:$2y$05$/CxRlhga6CpdP5NUsTqnN.93f7Uc.cD1xM/uSdtz8BeVO9lZIjg..\n");
  World world(kept({{"CLIENT_AUTH_FILE", file}}));
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  const std::vector<Field> right = {accepts_manifests(), basic("carol", "Carol-1")};
  const std::vector<Field> wrong = {accepts_manifests(), basic("carol", "Carol-2")};
  CHECK(get(*world.router, by_digest(image), right).status == 200);
  CHECK(get(*world.router, by_digest(image), right).header(cache_of) == "manifest_hit");
  CHECK(get(*world.router, by_digest(image), wrong).status == 401);
  CHECK(get(*world.router, by_digest(image), {accepts_manifests()}).status == 401);
}

TEST_CASE("under a small size the cache stays within it, and serves on") {
  World world(kept({{"MANIFEST_CACHE_SIZE", "64KiB"}}));
  std::vector<Image> images;
  for (int i = 0; i < 100; ++i) {
    images.push_back(small_image("image " + std::to_string(i)));
    world.has("ghcr", "team/app", std::to_string(i), images.back());
  }
  for (int round = 0; round < 2; ++round)
    for (const Image& image : images)
      CHECK(get(*world.router, by_digest(image), {accepts_manifests()}).body ==
            image.manifest.bytes);
  CHECK(metric(*world.router, "harbor_router_manifest_cache_bytes") <= 64 * 1024);
  CHECK(metric(*world.router, "harbor_router_manifest_cache_bytes") > 32 * 1024);
  CHECK(metric(*world.router, "harbor_router_manifest_cache_evictions_total") > 0);
}

TEST_CASE("bytes that are not their digest's are not kept") {
  World world(kept({{"MANIFEST_CACHE_TTL", "300s"}}));
  const Image image = small_image("app");
  world.has("ghcr", "team/app", "1", image);
  world.harbor.set_fault({.requests = {.method = "GET", .endpoint = Endpoint::manifests}},
                         {.then = fault::WrongBytes{}});
  CHECK(get(*world.router, by_digest(image), {accepts_manifests()}).status == 502);
  CHECK(metric(*world.router, "harbor_router_manifest_cache_entries") == 0);
  world.harbor.clear_faults();
  CHECK(get(*world.router, by_digest(image), {accepts_manifests()}).body == image.manifest.bytes);
}

TEST_CASE("settings of the manifest cache that are in vain are said at start") {
  const auto said = [](const Environment& more) {
    World world(more);
    CHECK(world.router->wait_for_log("listening"));
    return world.router->log();
  };
  CHECK(said({{"MANIFEST_CACHE_TTL", "10s"}}).find("MANIFEST_CACHE_TTL has no effect") !=
        std::string::npos);
  CHECK(said({{"AUTH_CACHE_TTL", "10s"}}).find("AUTH_CACHE_TTL has no effect") !=
        std::string::npos);
  CHECK(said(kept({{"AUTH_MODE", "service"}, {"MANIFEST_CACHE_TTL", "10s"}})).find("no effect") ==
        std::string::npos);
}

}  // namespace harbor_router::scenario
