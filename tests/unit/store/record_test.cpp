#include "harbor_router/store/record.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "unit/results.hpp"

namespace {

using namespace std::chrono_literals;
using namespace harbor_router;
using harbor_router::base::TimePoint;
using namespace harbor_router::store;

const WallTime noon{std::chrono::hours(480'000)};

Record nginx() {
  Record record;
  record.hint = "docker.io";
  record.repository = "library/nginx";
  record.reference = "1.25";
  record.project = "hub";
  record.project_id = 7;
  record.digest.emplace().fill(0xAB);
  record.fresh_until = noon + 5min;
  record.stale_until = noon + 6min;
  return record;
}

Record nothing_there() {
  Record record = nginx();
  record.negative = true;
  record.project.clear();
  record.project_id = 0;
  record.digest.reset();
  return record;
}

TEST_CASE("what is encoded is decoded") {
  Record bare = nginx();
  bare.hint.clear();
  bare.reference.clear();
  bare.digest.reset();
  for (const Record& record : {nginx(), nothing_there(), bare}) {
    const auto read = decode(encode(record));
    REQUIRE(read);
    CHECK(*read == record);
  }
}

TEST_CASE("bytes cut at any place, or with one more, are no record") {
  const std::string bytes = encode(nginx());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decode(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(decode(bytes + '\0'));
}

TEST_CASE("any byte changed gives no record, or a valid one") {
  const std::string bytes = encode(nginx());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(value);
      const auto read = decode(changed);
      if (read) CHECK(encode(*read) == changed);
    }
  }
}

TEST_CASE("names that break their grammar are refused") {
  const std::vector<std::pair<const char*, void (*)(Record&)>> poisons = {
      {"traversal", [](Record& r) { r.repository = "../../etc/passwd"; }},
      {"upper case", [](Record& r) { r.repository = "Library/nginx"; }},
      {"empty repository", [](Record& r) { r.repository.clear(); }},
      {"project with a slash", [](Record& r) { r.project = "hub/../other"; }},
      {"empty project", [](Record& r) { r.project.clear(); }},
      {"project with a line break", [](Record& r) { r.project = "hub\r\nX: y"; }},
      {"reference with a slash", [](Record& r) { r.reference = "1/2"; }},
      {"binary reference", [](Record& r) { r.reference = std::string("\x00\xff", 2); }},
      {"hint with a path", [](Record& r) { r.hint = "docker.io/x"; }},
      {"hint in upper case", [](Record& r) { r.hint = "Docker.io"; }},
      {"no id", [](Record& r) { r.project_id = 0; }},
      {"negative id", [](Record& r) { r.project_id = -1; }},
      {"stale before it is old", [](Record& r) { r.stale_until = r.fresh_until - 1ms; }},
      {"before 1970", [](Record& r) { r.fresh_until = WallTime(-1ms); }},
      {"in the year 9999",
       [](Record& r) { r.stale_until = WallTime(std::chrono::hours(70'000'000)); }},
      {"an absence in a project", [](Record& r) { r.negative = true; }},
  };
  for (const auto& [what, poison] : poisons) {
    CAPTURE(what);
    Record record = nginx();
    poison(record);
    CHECK_FALSE(decode(encode(record)));
  }
  Record absence = nothing_there();
  absence.reference.clear();
  CHECK_FALSE(decode(encode(absence)));
}

TEST_CASE("another version and what is far too long are refused in words") {
  std::string other = encode(nginx());
  other[0] = 9;
  CHECK(decode(other).error().detail == "of version 9, not 1");
  CHECK(decode(std::string(1 << 20, 'x')).error().code == base::Errc::too_large);
}

// A store that takes in records, under both clocks.
struct Restored {
  MappingStore store{Settings{}};
  Now now{TimePoint{} + 10s, noon};  // the machine has just started

  State state(Now when) {
    return store
        .find({.hint = "docker.io", .repository = "library/nginx", .reference = "1.25"},
              when.steady)
        .state;
  }
  [[nodiscard]] Now after(std::chrono::milliseconds span) const {
    return {now.steady + span, now.wall + span};
  }
};

TEST_CASE("a record restored is as old as it was, also on a machine that started after it") {
  Restored here;
  Record record = nginx();
  record.fresh_until = noon + 20s;
  record.stale_until = noon + 80s;
  CHECK(here.store.restore(record, here.now));
  CHECK(here.state(here.after(19s)) == State::fresh);
  CHECK(here.state(here.after(21s)) == State::stale);
  CHECK(here.state(here.after(79s)) == State::stale);
  CHECK(here.state(here.after(81s)) == State::lapsed);
}

TEST_CASE("no record is younger than new, whatever it says") {
  Restored here;
  Record record = nginx();
  record.fresh_until = noon + 1000h;
  record.stale_until = noon + 2000h;
  CHECK(here.store.restore(record, here.now));
  CHECK(here.state(here.after(299s)) == State::fresh);
  CHECK(here.state(here.after(301s)) == State::stale);
}

TEST_CASE("what is over is not restored, and what is known is not replaced") {
  Restored here;
  Record old = nginx();
  old.fresh_until = noon - 2min;
  old.stale_until = noon - 1min;
  CHECK_FALSE(here.store.restore(old, here.now));
  const Record record = nginx();
  here.store.learn(record.key(), 99, std::nullopt, here.now.steady);
  CHECK_FALSE(here.store.restore(record, here.now));
  CHECK(here.store.find(record.key(), here.now.steady).project == 99);
}

TEST_CASE("an absence is restored for what is left of it") {
  Restored here;
  Record record = nothing_there();
  record.fresh_until = record.stale_until = noon + 10s;
  CHECK(here.store.restore(record, here.now));
  CHECK(here.state(here.after(9s)) == State::negative);
  CHECK(here.state(here.after(11s)) == State::absent);
}

TEST_CASE("an entry told as a record and restored elsewhere has its age") {
  Restored here;
  here.store.learn(nginx().key(), 7, nginx().digest, here.now.steady - 100s);
  std::vector<Record> told;
  here.store.for_each(
      [&](const Entry& entry) {
        told.push_back(record_of(entry, "hub", here.store.settings(), here.now.wall));
        return true;
      },
      here.now.steady);
  REQUIRE(told.size() == 1);
  Record expected = nginx();
  expected.fresh_until = noon + 200s;
  expected.stale_until = noon + 260s;
  CHECK(told.front() == expected);
}

TEST_CASE("the hottest are those asked for most, the hottest first") {
  Restored here;
  const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Key key = {.hint = {}, .repository = names[i], .reference = "1"};
    here.store.learn(key, 1, std::nullopt, here.now.steady);
    for (std::size_t asked = 0; asked < i; ++asked)
      static_cast<void>(here.store.find(key, here.now.steady));
  }
  here.store.learn_absent({.hint = {}, .repository = "none", .reference = "1"}, here.now.steady);
  std::vector<std::string> found;
  for (const Entry& entry : here.store.hottest(2, here.now.steady))
    found.push_back(entry.repository);
  CHECK(found == std::vector<std::string>{"e", "d"});
  CHECK(here.store.hottest(100, here.now.steady).size() == 5);
  CHECK(here.store.hottest(0, here.now.steady).empty());
}

}  // namespace
