// Clients pull known images while projects fail at random: what they get must be right or a failure
// told as one, never absence, never another image. SOAK_SECONDS (30) long, then the totals are
// printed. The seed is printed too; SOAK_SEED repeats a run's faults.
#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include <doctest/doctest.h>

#include "scenario/world.hpp"

namespace harbor_router::scenario {

using namespace std::chrono_literals;
namespace fault = stub::fault;

namespace {

constexpr std::array projects = {"hub", "ghcr", "quay"};

struct Known {
  std::string project, repository;
  Image image;
};

struct Totals {
  std::mutex mutex;
  std::map<int, std::size_t> statuses;
  std::size_t cut = 0, wrong_bytes = 0, wrong_project = 0;
  std::string first_wrong;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<Known> known_images() {
  std::vector<Known> all;
  for (const char* project : projects)
    for (int i = 0; i < 8; ++i) {
      const std::string name = std::string("team/") + project + "-" + std::to_string(i);
      all.push_back(
          {project, name, stub::make_image({.seed = name, .layer_sizes = {2000, 200'000}})});
    }
  return all;
}

stub::Fault any_fault(std::mt19937_64& random) {
  switch (random() % 9) {
    case 0:
      return {.then = fault::Status{.status = 500}};
    case 1:
      return {.then = fault::Status{.status = 503, .retry_after = "1"}};
    case 2:
      return {.then = fault::Status{.status = 429}};
    case 3:
      return {.then = fault::Close{}};
    case 4:
      return {.then = fault::Cut{.after_bytes = random() % 150'000}};
    case 5:
      return {.then = fault::PortalPage{}};
    case 6:
      return {.then = fault::RawBytes{}};
    case 7:
      return {.then = fault::WrongLength{.difference = 7}};
    default:
      return {.delay = std::chrono::milliseconds(random() % 400), .then = fault::None{}};
  }
}

// One pull of one image: its manifest by tag or digest, or one of its blobs.
void pull(Client& client, const Known& known, std::uint64_t choice, Totals& totals) {
  const std::string base = "/v2/proxy/" + known.repository;
  std::string path = base + "/manifests/1", digest = known.image.manifest.digest.str();
  if (choice % 4 == 1) path = base + "/manifests/" + digest;
  if (choice % 4 >= 2) {
    const auto& blob = known.image.blobs[choice / 4 % known.image.blobs.size()];
    digest = blob.digest.str();
    path = base + "/blobs/" + digest;
  }
  const Reply reply = client.get(path, {accepts_manifests()});
  const std::lock_guard lock(totals.mutex);
  ++totals.statuses[static_cast<int>(reply.status)];
  if (!reply.error.empty()) {
    ++totals.cut;
    throw std::runtime_error("the connection is of no more use");
  }
  const auto wrong = [&](const char* what) {
    if (totals.first_wrong.empty())
      totals.first_wrong = std::string(what) + " at " + path + ": " + reply.body.substr(0, 300);
  };
  if (reply.status == 404) wrong("404");
  if (reply.status != 200) return;
  if (digest_of(reply.body) != digest) {
    ++totals.wrong_bytes;
    wrong("wrong bytes");
  }
  if (reply.header("X-Harbor-Router-Project") != known.project) {
    ++totals.wrong_project;
    wrong("wrong project");
  }
}

}  // namespace

TEST_CASE("soak: right or told as a failure, whatever fails") {
  const auto length = std::chrono::seconds(from_environment("SOAK_SECONDS", 30));
  const std::uint64_t seed = from_environment("SOAK_SEED", std::random_device{}());
  std::printf("soak: SOAK_SEED=%llu SOAK_SECONDS=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(length.count()));
  World world(Environment{{"CIRCUIT_BREAKER_TIMEOUT", "1s"},
                          {"RESOLVER_TIMEOUT", "2s"},
                          {"CACHE_TTL", "2s"},
                          {"STALE_WHILE_REVALIDATE", "2s"}});
  const std::vector<Known> images = known_images();
  for (const Known& each : images) world.has(each.project, each.repository, "1", each.image);

  Totals totals;
  std::atomic<bool> over{false};
  std::vector<std::thread> clients;
  for (std::uint64_t i = 0; i < 64; ++i)
    clients.emplace_back([&, i] {
      std::mt19937_64 random(seed + i);
      while (!over) {
        try {
          Client client(world.router->port());
          while (!over) pull(client, images[random() % images.size()], random(), totals);
        } catch (const std::exception&) {  // its connection was closed: go on with a new one
        }
      }
    });
  std::mt19937_64 random(seed);
  const auto begin = std::chrono::steady_clock::now();
  std::size_t files = 0;
  std::uint64_t resident = 0;
  bool warm = false;
  while (std::chrono::steady_clock::now() - begin < length) {
    const char* project = projects[random() % projects.size()];
    world.harbor.set_fault({.requests = {.project = project}, .count = 1 + random() % 20},
                           any_fault(random));
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 200));
    if (random() % 3 == 0) world.harbor.clear_faults();
    world.harbor.clear_requests();
    if (!warm && std::chrono::steady_clock::now() - begin > length / 3) {
      warm = true;
      files = world.router->open_files();
      resident = world.router->resident_bytes();
    }
  }
  const std::size_t files_at_end = world.router->open_files();
  over = true;
  for (std::thread& each : clients) each.join();
  world.harbor.clear_faults();

  for (const auto& [status, count] : totals.statuses)
    std::printf("soak: status %d: %zu\n", status, count);
  std::printf("soak: cut %zu; open files %zu then %zu; resident %llu KiB then %llu KiB\n",
              totals.cut, files, files_at_end, static_cast<unsigned long long>(resident / 1024),
              static_cast<unsigned long long>(world.router->resident_bytes() / 1024));
  CHECK_MESSAGE(totals.first_wrong.empty(), totals.first_wrong);
  CHECK(totals.statuses[404] == 0);
  CHECK(totals.wrong_bytes == 0);
  CHECK(totals.wrong_project == 0);
  CHECK(totals.statuses[200] > 0);
  CHECK(files_at_end <= files + 200);  // 64 clients, their questions and pipes, one way or another
  if (memory_tells) CHECK(world.router->resident_bytes() <= resident + 48 * 1024 * 1024);
}

}  // namespace harbor_router::scenario
