// Lookups take no lock: what they answer while others write, evict, resize and purge.
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "harbor_router/store/mapping_store.hpp"

namespace {

using namespace std::chrono_literals;
using namespace harbor_router::store;
using harbor_router::base::TimePoint;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int rounds = 20'000;
#else
constexpr int rounds = 200'000;
#endif

// Names of many lengths, so that entries of all sizes take each other's places.
std::vector<std::string> names(std::string_view prefix, std::size_t count) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back(std::string(prefix) + std::to_string(i) + std::string(i * 7 % 150, 'x'));
  return made;
}

Key image(std::string_view name) {
  return {.hint = "docker.io", .repository = name, .reference = "latest"};
}

// A project that says of which name it is, and a digest that says of which project.
ProjectId project_of(std::size_t name, std::uint64_t version) {
  return static_cast<ProjectId>(name << 32U | (version & 0xFFFF'FFFFU));
}
Sha256 digest_of(ProjectId project) {
  std::array<std::uint64_t, 4> words{};
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = (static_cast<std::uint64_t>(project) + i) * 0x9E3779B97F4A7C15U;
  Sha256 digest;
  std::memcpy(digest.data(), words.data(), digest.size());
  return digest;
}
bool is_whole(const Found& found, std::size_t name) {
  if (found.state == State::absent || found.state == State::negative)
    return found.project == 0 && !found.digest;
  return static_cast<std::uint64_t>(found.project) >> 32U == name &&
         (!found.digest || found.digest == digest_of(found.project));
}

// Runs readers until every writer is through.
template <class Write, class Read>
void run(const std::vector<Write>& writers, std::size_t readers, const Read& read) {
  std::atomic<std::size_t> writing = writers.size();
  std::vector<std::thread> threads;
  for (const Write& write : writers) {
    threads.emplace_back([&writing, &write] {
      write();
      --writing;
    });
  }
  for (std::size_t i = 0; i < readers; ++i) {
    threads.emplace_back([&writing, &read, i] {
      std::minstd_rand random(static_cast<unsigned>(i + 1));
      do {
        read(random);
      } while (writing > 0);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_CASE("no answer is torn or another name's while entries come, go, grow and are evicted") {
  constexpr std::size_t count = 3000;
  const auto all = names("library/n-", count);
  for (const std::size_t capacity : {std::size_t{40}, std::size_t{1000}, std::size_t{5000}}) {
    MappingStore store(
        {.ttl = 300s, .negative_ttl = 30s, .stale_window = 60s, .capacity = capacity});
    const TimePoint start = TimePoint{} + 1h;
    const auto write = [&] {
      std::minstd_rand random(static_cast<unsigned>(capacity));
      for (int i = 0; i < rounds; ++i) {
        const std::size_t name = random() % count;
        const auto project = project_of(name, random());
        const TimePoint now = start + std::chrono::milliseconds(i);
        switch (random() % 16) {
          case 0:
            store.learn_absent(image(all[name]), now);
            break;
          case 1:
            store.forget(image(all[name]));
            break;
          case 2:
          case 3:
            store.learn(image(all[name]), project, std::nullopt, now);
            break;
          default:
            store.learn(image(all[name]), project, digest_of(project), now);
        }
        if (i % (rounds / 8) == 0) store.forget_matching("library/n-1*", now);
        if (i % (rounds / 4) == 1) store.forget_if([](const Entry&) { return true; }, now);
      }
    };
    std::atomic<std::size_t> wrong = 0, found = 0;
    const auto read = [&](std::minstd_rand& random) {
      for (int i = 0; i < 1000; ++i) {
        const std::size_t name = random() % count;
        // Now and then from so late that entries have expired and are dropped by the lookup.
        const TimePoint now = start + (random() % 64 == 0 ? 400s : 0s);
        const Found answer =
            i % 4 == 0 ? store.look(image(all[name]), now) : store.find(image(all[name]), now);
        if (!is_whole(answer, name)) ++wrong;
        if (answer.state == State::fresh) ++found;
      }
    };
    run(std::vector{write, write}, 2, read);
    CHECK(wrong == 0);
    CHECK(found > 0);
    CHECK(store.statistics().entries <= capacity);
  }
}

TEST_CASE("what is known is found at every moment, however its neighbours move") {
  constexpr std::size_t stays = 250, goes = 1700;
  const auto lasting = names("stays/", stays), passing = names("goes/", goes);
  MappingStore store({.capacity = 2000});  // one shard, and room for all
  const TimePoint now{};
  for (std::size_t i = 0; i < stays; ++i)
    store.learn(image(lasting[i]), project_of(i, 1), digest_of(project_of(i, 1)), now);
  const auto write = [&] {
    std::minstd_rand random(20261125);
    for (int i = 0; i < 5 * rounds; ++i) {
      const std::size_t name = random() % goes;
      if (random() % 10 != 0)  // crowded, so that many are not where they belong
        store.learn(image(passing[name]), project_of(name, 2), std::nullopt, now);
      else
        store.forget(image(passing[name]));
    }
  };
  std::atomic<std::size_t> missed = 0;
  run(std::vector{write}, 2, [&](std::minstd_rand& random) {
    for (int i = 0; i < 1000; ++i) {
      const std::size_t name = random() % stays;
      const Found found = store.find(image(lasting[name]), now);
      if (found.state != State::fresh || !found.digest || !is_whole(found, name)) ++missed;
      if (!store.knows(image(lasting[name]), now)) ++missed;
    }
  });
  CHECK(missed == 0);
}

TEST_CASE("lookups of many threads are all counted") {
  MappingStore store({.capacity = 100});
  const TimePoint now{};
  store.learn(image("nginx"), 7, std::nullopt, now);
  constexpr std::size_t threads = 80, each = 50;  // more than have a lane of their own
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      for (std::size_t lookup = 0; lookup < each; ++lookup) {
        static_cast<void>(store.find(image("nginx"), now));
        static_cast<void>(store.find(image("nothing"), now));
      }
    });
  }
  for (auto& thread : running) thread.join();
  CHECK(store.statistics().hits == threads * each);
  CHECK(store.statistics().misses == threads * each);
}

TEST_CASE("a crowded table finds what a map finds") {
  constexpr std::size_t count = 900;
  const auto all = names("n/", count);
  MappingStore store({.capacity = 1000});
  std::map<std::size_t, ProjectId> model;
  std::mt19937 random(20261125);
  const TimePoint now{};
  for (int step = 0; step < 60'000; ++step) {
    const std::size_t name = random() % count;
    if (random() % 3 != 0) {
      const auto project = static_cast<ProjectId>(random());
      store.learn(image(all[name]), project, std::nullopt, now);
      model[name] = project;
    } else {
      store.forget(image(all[name]));
      model.erase(name);
    }
    const std::size_t asked = random() % count;
    const Found found = store.find(image(all[asked]), now);
    const auto known = model.find(asked);
    REQUIRE((found.state == State::fresh) == (known != model.end()));
    if (known != model.end()) REQUIRE(found.project == known->second);
  }
  CHECK(store.statistics().entries == model.size());
}

}  // namespace
