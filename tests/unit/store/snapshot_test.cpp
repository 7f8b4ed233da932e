#include "harbor_router/store/snapshot.hpp"

#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "unit/results.hpp"

namespace {

using namespace harbor_router;
using namespace harbor_router::store;

Record image(const std::string& repository) {
  Record record;
  record.repository = repository;
  record.reference = "1";
  record.project = "hub";
  record.project_id = 7;
  record.fresh_until = record.stale_until = WallTime(std::chrono::hours(480'000));
  return record;
}

// A snapshot's path in a directory of its own.
struct Place {
  std::filesystem::path directory;
  std::string path;
  Place() {
    char pattern[] = "/tmp/snapshot-XXXXXX";
    directory = ::mkdtemp(pattern);
    path = directory / "mappings";
  }
  ~Place() { std::filesystem::remove_all(directory); }

  [[nodiscard]] base::Result<std::size_t> write(const std::vector<std::string>& names) const {
    SnapshotWriter writer(path, "the projects", WallTime(std::chrono::milliseconds(42)));
    for (const std::string& name : names) writer.add(image(name));
    return writer.commit();
  }
  [[nodiscard]] base::Result<std::vector<std::string>> read() const {
    std::vector<std::string> names;
    const auto done = read_snapshot(
        path, [&](const Record& record) { return names.push_back(record.repository), true; });
    if (!done) return done.error();
    return names;
  }
  [[nodiscard]] std::string bytes() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(std::string_view bytes) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
};

using Names = std::vector<std::string>;

TEST_CASE("what is written is read: records, list of projects, time; only by its owner") {
  const Place place;
  REQUIRE(place.write({"a", "b"}));
  CHECK(*place.read() == Names{"a", "b"});
  auto snapshot = Snapshot::open(place.path);
  REQUIRE(snapshot);
  CHECK(snapshot->projects() == "the projects");
  CHECK(snapshot->written() == WallTime(std::chrono::milliseconds(42)));
  struct stat status {};
  REQUIRE(::stat(place.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  REQUIRE(place.write({}));
  CHECK(place.read()->empty());
}

TEST_CASE("many records stream through, more than a block of them") {
  const Place place;
  Names names;
  for (int i = 0; i < 20'000; ++i) names.push_back("team/app" + std::to_string(i));
  REQUIRE(place.write(names));
  CHECK(*place.read() == names);
}

TEST_CASE("a file torn at any length is refused") {
  const Place place;
  REQUIRE(place.write({"a", "b", "c"}));
  const std::string whole = place.bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    place.put(std::string_view(whole).substr(0, size));
    const auto read = place.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().code == base::Errc::invalid);
  }
  place.put(whole + "x");
  CHECK_FALSE(place.read());
}

TEST_CASE("a file with any byte changed is refused") {
  const Place place;
  REQUIRE(place.write({"a", "b"}));
  const std::string whole = place.bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    CAPTURE(at);
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    place.put(changed);
    CHECK_FALSE(place.read());
  }
}

TEST_CASE("foreign files, old versions, directories, pipes and nothing are refused in words") {
  const Place place;
  CHECK(place.read().error().detail.find("cannot open") == 0);
  place.put("#!/bin/sh\n");
  CHECK(place.read().error().detail.ends_with("is no snapshot of harbor-router"));
  place.put("harbor-router/0\nwhatever");
  CHECK(place.read().error().detail.find("another version") != std::string::npos);
  CHECK_FALSE(read_snapshot(place.directory, [](const Record&) { return true; }));
  const std::string pipe = place.path + ".pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);  // nobody writes to it
  const auto read = read_snapshot(pipe, [](const Record&) { return true; });
  REQUIRE_FALSE(read);
  CHECK(read.error().detail.ends_with("is no file"));
}

TEST_CASE("whatever is no snapshot is not written over") {
  const Place place;
  place.put("#!/bin/sh\n");
  const auto written = place.write({"new"});
  REQUIRE_FALSE(written);
  CHECK(written.error().detail.find("is left as it is") != std::string::npos);
  CHECK(place.read().error().detail.ends_with("is no snapshot of harbor-router"));
  place.put("");
  CHECK(place.write({"new"}));
  place.put("harbor-router/0\nan older one");
  CHECK(place.write({"newer"}));
  CHECK(*place.read() == Names{"newer"});
}

TEST_CASE("a link to a snapshot stays one") {
  const Place place, volume;
  REQUIRE(volume.write({"old"}));
  std::filesystem::create_symlink(volume.path, place.path);
  REQUIRE(place.write({"new"}));
  CHECK(std::filesystem::is_symlink(place.path));
  CHECK(*volume.read() == Names{"new"});
}

TEST_CASE("a pipe where the new file should be is refused, not waited for") {
  const Place place;
  REQUIRE(place.write({"old"}));
  REQUIRE(::mkfifo((place.path + ".new").c_str(), 0600) == 0);
  CHECK_FALSE(place.write({"new"}));
  CHECK(*place.read() == Names{"old"});
}

TEST_CASE("a directory that cannot be written to leaves the old file") {
  const Place place;
  REQUIRE(place.write({"old"}));
  std::filesystem::create_directory(place.path + ".new");  // in the way, for root too
  const auto written = place.write({"new"});
  REQUIRE_FALSE(written);
  CHECK(written.error().detail.find("cannot create") == 0);
  CHECK(*place.read() == Names{"old"});
}

// A writer in a child that is killed at its nth stop at a system call (each stops twice: entering
// and leaving). False: it ended before.
bool killed_at(const Place& place, int stop) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    const auto written = place.write({"new", "newer"});
    ::_exit(written ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  for (int i = 0; i < stop && WIFSTOPPED(status); ++i) {
    REQUIRE(::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0);
    ::waitpid(child, &status, 0);
  }
  if (!WIFSTOPPED(status)) {
    REQUIRE(WEXITSTATUS(status) == 0);
    return false;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return true;
}

TEST_CASE("kill -9 at every system call of the writer leaves the old or the new file") {
  const Place place;
  REQUIRE(place.write({"old"}));
  const std::string old_bytes = place.bytes();
  int old_seen = 0, new_seen = 0;
  for (int stop = 1; killed_at(place, stop); ++stop) {
    CAPTURE(stop);
    const auto read = place.read();
    REQUIRE(read);
    const bool is_old = *read == Names{"old"}, is_new = *read == Names{"new", "newer"};
    REQUIRE(is_old != is_new);
    (is_old ? old_seen : new_seen) += 1;
    place.put(old_bytes);
  }
  CHECK(old_seen >= 8);  // open, write, write, fsync, each entering and leaving
  CHECK(new_seen >= 2);  // after the rename
}

}  // namespace
