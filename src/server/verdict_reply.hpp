// What a client is told when no project gave it what it asked for. Pure.
#pragma once

#include "server/reply.hpp"

namespace harbor_router::server {

struct Asked {
  oci::Endpoint endpoint = oci::Endpoint::manifests;
  std::string_view name;  // as the client named it
  std::string_view reference;
  harbor::Credentials::Kind credentials = harbor::Credentials::Kind::service;
  // How many projects could have it, of which MAX_FANOUT_PROJECTS are asked at most.
  std::size_t candidates = 0, limit = 0;
};

// For every kind but chosen and waiting.
[[nodiscard]] Reply verdict_reply(const routing::Resolution& resolution, const Asked& asked);
// Before the first discovery.
[[nodiscard]] Reply no_projects_reply();

}  // namespace harbor_router::server
