// What a stand-in Harbor holds when it starts. Plain data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harbor_router/stub/image.hpp"

namespace harbor_router::stub {

// The registry behind a proxy project. A project's registry with id 0 gets an id of its own.
struct Registry {
  int id = 0;
  std::string name;
  std::string type = "docker-registry";  // Harbor's type names: docker-hub, github-ghcr, quay...
  std::string url;
  std::string status = "healthy";
};

enum class Visibility { public_project, private_project };

// How the registry behind a project behaves (facts/harbor.md section 2, table of outcomes).
enum class UpstreamState {
  answering,
  failing,       // 401, 403, 5xx, timeout or failed login: Harbor falls back to what it has cached
  rate_limited,  // 429
};

// How cached blobs are delivered.
enum class BlobDelivery { direct, redirect_to_storage };

// referrers are answered locally (an empty list) unless proxy_referrer_api is on.
enum class ReferrersApi { local, proxied };

struct TaggedImage {
  std::string repository;  // without the project: "library/hello"
  std::string tag;
  Image image;
};

struct Project {
  std::string name;
  int id = 0;  // 0: the next free one
  Visibility visibility = Visibility::public_project;
  std::optional<Registry> registry;  // none: not a proxy project
  std::vector<TaggedImage> images;
  // Port of a real docker-registry on 127.0.0.1 that holds this project's content instead.
  std::optional<std::uint16_t> backend_port;
  BlobDelivery blob_delivery = BlobDelivery::direct;
  ReferrersApi referrers = ReferrersApi::local;
  std::size_t referrers_page_size = 100;
};

enum class AccountKind { user, robot, administrator };

struct Account {
  std::string name;  // robots with their prefix: "robot$router"
  std::string password;
  AccountKind kind = AccountKind::user;
  std::vector<std::string> projects;            // member of, or robot permission; "*": all projects
  std::vector<std::string> system_permissions;  // of a robot: "project:list", "registry:list", ...
};

// When an image or blob fetched from the registry becomes a local one. Harbor does it minutes later
// in the background; both choices count the job that Harbor would start.
enum class Caching { when_told, on_get };

// Whether /_stand-in/ answers (tests in other languages drive the stand-in through it).
enum class HttpControl { off, on };

struct Options {
  std::uint16_t port = 0;  // 0: a free one
  int threads = 1;
  std::vector<Project> projects;
  std::vector<Account> accounts;
  std::chrono::seconds token_life{1800};
  Caching caching = Caching::when_told;
  HttpControl http_control = HttpControl::off;
  std::size_t log_limit = 65536;  // requests remembered; older ones only count
};

}  // namespace harbor_router::stub
