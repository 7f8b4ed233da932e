// Manifests answered without asking Harbor, and by what right.
//
// Invariants: an answer comes from here only while a fresh mapping names the project it came from,
// the client's Accept takes its type, and, in passthrough mode, Harbor gave these very credentials
// this repository of that project within AUTH_CACHE_TTL. All else is asked of Harbor, and what it
// says is learnt. What Harbor refuses or does not have is not answered from here again. Nothing
// leaves this process. Any thread; no sockets.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "harbor_router/harbor/credentials.hpp"
#include "harbor_router/http/head.hpp"
#include "harbor_router/observe/metrics.hpp"
#include "harbor_router/oci/request_path.hpp"
#include "harbor_router/routing/resolver.hpp"
#include "harbor_router/server/settings.hpp"
#include "harbor_router/store/granted_repositories.hpp"
#include "harbor_router/store/manifest_cache.hpp"
#include "server/reply.hpp"

namespace harbor_router::server {

// Who asks for which manifest.
struct ManifestRequest {
  const http::RequestHead& head;
  const oci::PullPath& path;
  const harbor::Credentials& credentials;
};

// What there was no answer for here: what Harbor says to it is to be learnt.
struct OpenManifest {
  routing::Subject subject;
  std::string reference;
  oci::AcceptedTypes accepted;
  std::uint64_t identity = 0;             // of the credentials Harbor is asked with
  std::optional<store::ProjectId> known;  // whom a mapping names
  base::TimePoint asked;
};
using OpenManifestPointer = std::unique_ptr<OpenManifest>;

class CachedManifests {
 public:
  // Null where nothing could ever be answered: MANIFEST_CACHE_SIZE is 0, or AUTH_CACHE_TTL is in
  // passthrough mode. core must outlive it.
  [[nodiscard]] static std::unique_ptr<CachedManifests> make(const Settings& settings,
                                                             routing::Core& core,
                                                             observe::Registry& registry);
  CachedManifests(const Settings& settings, routing::Core& core, observe::Registry& registry);

  [[nodiscard]] std::variant<Reply, OpenManifestPointer> answer(const ManifestRequest& request,
                                                                base::TimePoint now);
  // What became of it.
  void learn(const OpenManifest& open, const routing::Resolution& resolution, base::TimePoint now);
  // Harbor does not take the credentials of this identity any more.
  void drop_grants(std::uint64_t identity);
  // Returns how many manifests and tags went.
  std::size_t forget_matching(std::string_view pattern, base::TimePoint now);
  // Brings the metrics up to date; one thread.
  void measure();

 private:
  // The project a fresh mapping names, whose answers may be given for it.
  [[nodiscard]] harbor::ProjectPointer mapped(OpenManifest& open,
                                              const harbor::ProjectList& projects) const;
  void keep(const OpenManifest& open, const routing::Resolution& resolution, base::TimePoint asked);
  // The project a mapping named has not given it.
  enum class For { these_credentials, everybody };
  void drop(const OpenManifest& open, For whom);

  routing::Core& core_;
  store::ManifestCache manifests_;
  std::optional<store::GrantedRepositories> grants_;  // passthrough mode
  // One for each reason there was no answer.
  observe::Counter &hits_, &absent_, &expired_, &not_accepted_, &not_mapped_, &not_granted_;
  observe::Counter& evictions_;
  observe::Gauge &bytes_, &entries_;
};

}  // namespace harbor_router::server
