// A mapping that has lapsed: whoever had the image is asked with the others, and waited for.
#include <doctest/doctest.h>

#include "unit/routing/scripted_harbor.hpp"

using namespace harbor_router;
using namespace harbor_router::testing;
using namespace std::chrono_literals;

namespace {

const std::string own_bytes = R"({"schemaVersion":2,"own":true})";
const std::string other_bytes = R"({"schemaVersion":2,"other":true})";

// hub had nginx:1 an hour ago; quay has one of that name too.
struct LapsedWorld : RouterWorld {
  LapsedWorld() {
    learnt("1", "hub", 1h);
    harbor.projects["quay"] = has(other_bytes);
  }
};

}  // namespace

TEST_CASE("a lapsed tag stays with its project while that cannot say, and says so") {
  struct Row {
    Outcome outcome;
    Kind kind;
  };
  for (const Row& row :
       {Row{Outcome::limited, Kind::limited}, Row{Outcome::failed, Kind::failed},
        Row{Outcome::timeout, Kind::timed_out}, Row{Outcome::skipped, Kind::unavailable},
        Row{Outcome::blocked, Kind::blocked}, Row{Outcome::refused, Kind::all_refused}}) {
    for (const Method method : {Method::head, Method::get}) {
      CAPTURE(harbor::to_string(row.outcome));
      LapsedWorld world;
      world.harbor.projects["hub"] = says(row.outcome);
      const Resolution resolution = world.manifest("1", method);
      CHECK(resolution.kind == row.kind);
      CHECK(resolution.project->name == "hub");
      CHECK(resolution.cache == CacheState::miss);
      CHECK(world.mapping("1").state == store::State::lapsed);
    }
  }
}

TEST_CASE("a lapsed tag is taken from its project, though another answers first") {
  LapsedWorld world;
  world.harbor.projects["hub"] = has(own_bytes);
  world.harbor.holds = [](const Asked& asked) {
    return asked.project == "hub" && asked.question.method == Method::head;
  };
  Running<Resolution> pulling(world.context,
                              world.resolver.manifest(world.lasting_pull_of("1", Method::get, 0)));
  world.finish_background();
  CHECK_FALSE(pulling.done());
  CHECK(world.harbor.log() == heads_to_all("1"));
  world.harbor.release();
  CHECK(*pulling.get().answer->body == own_bytes);
  CHECK(world.mapping("1").state == store::State::fresh);
  CHECK(world.mapping("1").project == 2);
}

TEST_CASE("a lapsed tag moves when its project says that it is gone") {
  LapsedWorld world;
  CHECK(world.manifest("1").project->name == "quay");
  CHECK(world.mapping("1").project == 3);
  world.learnt("2", "hub", 1h);
  world.harbor.projects["quay"] = says(Outcome::miss);
  CHECK(world.manifest("2").kind == Kind::not_found);
  CHECK(world.mapping("2").state == store::State::negative);
}

TEST_CASE("whom its project refuses is given a lapsed tag by another") {
  LapsedWorld world;
  world.harbor.projects["hub"] = says(Outcome::refused);
  CHECK(world.manifest("1", Method::get, 7).project->name == "quay");
}

TEST_CASE("a lapsed mapping of a project that is gone binds nobody") {
  LapsedWorld world;
  world.core.mappings.learn({.repository = "nginx", .reference = "1"}, 99, std::nullopt,
                            base::Clock::now() - 1h);
  CHECK(world.manifest("1").project->name == "quay");
}

TEST_CASE("a digest is taken from whoever has it, since its content is checked") {
  LapsedWorld world;
  const std::string digest = oci::Digest::of(other_bytes).str();
  world.learnt(digest, "hub", 1h);
  world.harbor.projects["hub"] = says(Outcome::failed);
  CHECK(world.manifest(digest).project->name == "quay");
}

TEST_CASE("a repository's tags stay with its project as its images do") {
  LapsedWorld world;
  world.learnt("", "hub", 1h);
  world.harbor.projects["hub"] = says(Outcome::timeout);
  world.harbor.projects["quay"] = lists(R"({"name":"nginx","tags":["1"]})");
  CHECK(world.tags().kind == Kind::timed_out);
  world.harbor.projects["hub"] = lists(R"({"name":"library/nginx","tags":[]})");
  CHECK(world.tags().project->name == "quay");
}

TEST_CASE("an explanation names what has lapsed, and decides as a pull does") {
  LapsedWorld world;
  world.harbor.projects["hub"] = says(Outcome::failed);
  const routing::Explanation told =
      run(world.context, world.resolver.explain(world.pull_of("1"), routing::WaitFor::everyone));
  CHECK(told.remembered->state == store::State::lapsed);
  CHECK(told.ground == routing::Explanation::Ground::fan_out);
  CHECK(told.verdict.kind == Kind::failed);
  CHECK(told.candidates[told.verdict.index].project->name == "hub");
  CHECK(world.harbor.log() == heads_to_all("1"));
}
