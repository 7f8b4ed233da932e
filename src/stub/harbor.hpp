// What the stand-in Harbor holds at this moment. Plain data and the changes a test may make to it;
// reached only through Guarded<Harbor>. "Local" is what Harbor has cached or owns, the rest is what
// the registry behind the project has.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/stub/options.hpp"
#include "harbor_router/stub/stand_in.hpp"

namespace harbor_router::stub {

struct HeldManifest {
  Manifest manifest;
  bool local = false;
  bool violates_policy = false;
};

struct HeldBlob {
  Blob blob;
  bool local = false;
};

struct HeldRepository {
  std::map<std::string, std::string, std::less<>> tags;        // upstream: tag -> digest
  std::map<std::string, std::string, std::less<>> local_tags;  // as last cached
  std::map<std::string, HeldManifest, std::less<>> manifests;  // by digest
  std::map<std::string, HeldBlob, std::less<>> blobs;          // by digest
  std::vector<Referrer> referrers;
};

struct HeldProject {
  Project settings;  // its images are in repositories
  UpstreamState upstream = UpstreamState::answering;
  CacheJobs cache_jobs;
  std::map<std::string, HeldRepository, std::less<>> repositories;

  [[nodiscard]] bool is_public() const { return settings.visibility == Visibility::public_project; }
  [[nodiscard]] bool is_docker_hub() const {
    return settings.registry && settings.registry->type == "docker-hub";
  }
};

struct IssuedToken {
  std::string subject;                               // empty: anonymous
  std::map<std::string, int, std::less<>> pullable;  // project -> its id when this was issued
  base::TimePoint expires;
};

struct Harbor {
  std::map<std::string, HeldProject, std::less<>> projects;
  std::vector<Account> accounts;
  std::map<std::string, IssuedToken, std::less<>> tokens;
  std::chrono::seconds token_life{1800};
  Caching caching = Caching::when_told;
  int next_project_id = 2;  // 1 is the project "library" of every Harbor
  int next_registry_id = 1;
  std::mt19937_64 random{std::random_device{}()};

  [[nodiscard]] HeldProject* find_project(std::string_view name);
  [[nodiscard]] HeldProject& project(std::string_view name);  // std::invalid_argument when absent
  [[nodiscard]] HeldRepository& repository(const ImageName& name);
  [[nodiscard]] std::string random_bytes(std::size_t length);
};

void put_project(Harbor& harbor, Project project);
void put_image(HeldRepository& repository, std::string_view tag, const Image& image, bool local);
// Marks a manifest and all below it local.
void make_local(HeldRepository& repository, std::string_view digest);
void forget_local(HeldProject& project);

}  // namespace harbor_router::stub
