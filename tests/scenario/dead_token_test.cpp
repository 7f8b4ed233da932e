// A token that Harbor takes no more, while a public project has a namesake of the image: nobody is
// given the namesake for want of a good token.
#include "scenario/desk.hpp"
#include "scenario/passthrough.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

namespace {

const std::string tags_of_app = "/v2/proxy/team/app/tags/list";

// alice has pulled secret's team/app:1; then hub, which is public, has one of that name too.
struct Namesakes : Passthrough {
  explicit Namesakes(Environment more = {}, stub::Options options = people())
      : Passthrough(std::move(more), std::move(options)) {
    has("secret", "team/app", "1", secret);
    CHECK(pull(alices_password).body == secret.manifest.bytes);
    forget_the_search();
    has("hub", "team/app", "1", namesake);
  }
  [[nodiscard]] Reply pull(const Field& who, const std::string& path = app) const {
    return get(*router, path, {accepts_manifests(), who});
  }
  [[nodiscard]] std::string project_of(const Reply& reply) const {
    return reply.header("X-Harbor-Router-Project");
  }

  const Image secret = small_image("secret"), namesake = small_image("namesake");
};

}  // namespace

TEST_CASE("a dead token is told as such, though a public project has a namesake") {
  Namesakes world;
  const Field alice = world.alice();
  const std::string referrers =
      "/v2/proxy/team/app/referrers/" + world.secret.manifest.digest.str();
  world.harbor.add_referrer({"hub", "team/app", ""}, {.subject = world.secret.manifest.digest,
                                                      .manifest = world.namesake.manifest});
  CHECK(world.pull(alice).body == world.secret.manifest.bytes);
  world.harbor.invalidate_tokens();
  for (const std::string& path : {app, tags_of_app, referrers}) {
    CAPTURE(path);
    const Reply reply = world.pull(alice, path);
    CHECK(reply.status == 401);
    CHECK(challenge_of(reply).starts_with("Bearer "));
    CHECK_FALSE(reply.has("X-Harbor-Router-Project"));
  }
  CHECK(head(*world.router, app, {accepts_manifests(), alice}).status == 401);
  CHECK(world.pull(world.alice()).body == world.secret.manifest.bytes);
}

TEST_CASE("a password's dead token is renewed rather than answered by a namesake") {
  Namesakes world;
  for (const bool by_head : {false, true}) {
    CAPTURE(by_head);
    world.harbor.invalidate_tokens();
    const Reply reply = by_head
                            ? head(*world.router, app, {accepts_manifests(), world.alices_password})
                            : world.pull(world.alices_password);
    CHECK(reply.status == 200);
    CHECK(reply.header("Docker-Content-Digest") == world.secret.manifest.digest.str());
  }
  world.harbor.invalidate_tokens();
  CHECK(world.project_of(world.pull(world.alices_password, tags_of_app)) == "secret");
}

TEST_CASE("a dead token moves no mapping that has lapsed, a good one without rights does") {
  Namesakes world(Environment{{"CACHE_TTL", "200ms"}, {"STALE_WHILE_REVALIDATE", "0s"}});
  const Field alice = world.alice();
  world.harbor.invalidate_tokens();
  // Its mapping lapses between two of them, and whatever it is at one, the answer is the same.
  for (const auto until = std::chrono::steady_clock::now() + 1s;
       std::chrono::steady_clock::now() < until;)
    CHECK(world.pull(alice).status == 401);
  CHECK(world.pull(world.alices_password).body == world.secret.manifest.bytes);
  const Field bob = world.bob();
  CHECK(comes_true([&] {
    CHECK(world.pull(bob).body == world.namesake.manifest.bytes);
    return world.pull(world.alices_password).body == world.namesake.manifest.bytes;
  }));
}

TEST_CASE("a good token without rights gets the namesake, as ever, and with the manifest cache") {
  Namesakes world(Environment{{"MANIFEST_CACHE_SIZE", "16MiB"}, {"AUTH_CACHE_TTL", "60s"}});
  for (const Field& who : {world.bob(), world.bobs_password, world.anybody()})
    for (int times = 0; times < 2; ++times)
      CHECK(world.pull(who).body == world.namesake.manifest.bytes);
  CHECK(world.pull(world.alices_password).body == world.secret.manifest.bytes);
}

TEST_CASE("rights given since reach a password though a namesake answers meanwhile") {
  Namesakes world(Environment{{"NEGATIVE_CACHE_TTL", "500ms"}});
  CHECK(world.pull(world.bobs_password).body == world.namesake.manifest.bytes);
  world.harbor.set_visibility("secret", stub::Visibility::public_project);
  CHECK(comes_true(
      [&] { return world.pull(world.bobs_password).body == world.secret.manifest.bytes; }));
}

TEST_CASE("a cut blob goes on though the token got with a password has died meanwhile") {
  Passthrough world(Environment{{"BLOB_RESUME_MAX", "1"}});
  const stub::Blob blob = stub::pattern_blob({.seed = 7, .size = 2'000'000});
  world.harbor.add_blob({"secret", "team/app", ""}, blob);
  const stub::RequestFilter gets = {
      .method = "GET", .project = "secret", .endpoint = Endpoint::blobs};
  const auto once = [&world](const stub::RequestFilter& requests, auto trouble) {
    world.harbor.set_fault({.requests = requests, .count = 1}, {.then = std::move(trouble)});
  };
  once(gets, fault::Status{.status = 401});  // the second, since the youngest rule wins
  once(gets, fault::Cut{.after_bytes = 1'000'000});
  once({.endpoint = Endpoint::version}, fault::Status{.status = 401});
  const Reply reply =
      get(*world.router, "/v2/proxy/team/app/blobs/" + blob.digest.str(), {world.alices_password});
  CHECK(digest_of(reply.body) == blob.digest.str());
  CHECK(world.asked("GET", "secret", Endpoint::blobs) == 3);
  CHECK(world.logins() == 4);
}

TEST_CASE("where nothing is known a token is asked about only once it has run out") {
  stub::Options options = people();
  options.token_life = 15s;
  Passthrough world({}, std::move(options));
  world.has("hub", "team/app", "1", small_image("app"));
  const auto questions = [&world] { return world.harbor.count({.endpoint = Endpoint::version}); };
  const Field bob = world.bob();
  const auto pull = [&](const std::string& tag) {
    return get(*world.router, "/v2/proxy/team/app/manifests/" + tag, {accepts_manifests(), bob})
        .status;
  };
  CHECK(pull("1") == 200);
  CHECK(questions() == 0);
  int tag = 1;
  CHECK(comes_true([&] {
    world.has("hub", "team/app", std::to_string(++tag), small_image("app"));
    return pull(std::to_string(tag)) == 401;
  }));
  CHECK(questions() > 0);
}

}  // namespace harbor_router::scenario
