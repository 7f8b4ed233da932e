// A Harbor that is not there: it answers on 127.0.0.1 as facts/harbor.md says Harbor does, holds
// made images, fails on demand and remembers what it was asked. It runs on threads of its own from
// the constructor to the destructor. Every member function may be called from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/stub/fault.hpp"
#include "harbor_router/stub/image.hpp"
#include "harbor_router/stub/options.hpp"
#include "harbor_router/stub/request_log.hpp"

namespace harbor_router::stub {

struct ImageName {
  std::string project;
  std::string repository;
  std::string tag;
};

struct Referrer {
  oci::Digest subject;
  std::string artifact_type;
  Manifest manifest;
};

// Jobs that Harbor would run in the background because of a GET of something it had not cached.
struct CacheJobs {
  std::size_t manifests = 0;
  std::size_t blobs = 0;
};

class StandIn {
 public:
  // Throws std::system_error when the port is taken.
  explicit StandIn(Options options);
  ~StandIn();
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string authority() const;  // "127.0.0.1:5000"
  [[nodiscard]] std::string url() const;        // "http://127.0.0.1:5000"

  // Content. A name that does not exist makes these throw std::invalid_argument.
  void add_project(Project project);  // of an existing name: deleted and recreated with a new id
  void remove_project(std::string_view name);
  void set_visibility(std::string_view project, Visibility visibility);
  void set_registry_status(std::string_view project, std::string_view status);
  void set_upstream(std::string_view project, UpstreamState state);
  void set_blob_delivery(std::string_view project, BlobDelivery delivery);
  void add_image(const ImageName& name, const Image& image);  // moves the tag if there is one
  void add_blob(const ImageName& name, const Blob& blob);     // tag is not looked at
  void add_referrer(const ImageName& name, const Referrer& referrer);  // neither here
  void remove_tag(const ImageName& name);                              // upstream and local
  void cache(const ImageName& name);             // image and all below it become local
  void forget_cached(std::string_view project);  // nothing is local any more
  void violate_policy(const ImageName& name);    // 412 once it is local
  [[nodiscard]] CacheJobs cache_jobs(std::string_view project) const;
  void invalidate_tokens();  // none issued so far is valid any more

  // Faults.
  void set_fault(FaultScope scope, Fault fault);
  void clear_faults();
  void clear_faults(std::string_view project);

  // What was seen.
  [[nodiscard]] std::vector<LoggedRequest> requests() const;
  [[nodiscard]] std::vector<LoggedRequest> requests(const RequestFilter& filter) const;
  [[nodiscard]] std::size_t count(const RequestFilter& filter = {}) const;
  void clear_requests();  // the log and its counts
  [[nodiscard]] std::size_t connections_accepted() const;
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] std::size_t requests_in_progress() const;

  // Waiting without sleeping; false when the time is over first.
  struct AtLeast {
    std::size_t requests = 1;
    RequestFilter filter;
  };
  [[nodiscard]] bool wait_for(const AtLeast& seen, std::chrono::milliseconds limit) const;
  [[nodiscard]] bool wait_until_open_connections(std::size_t at_most,
                                                 std::chrono::milliseconds limit) const;
  [[nodiscard]] bool wait_until_in_progress(std::size_t at_most,
                                            std::chrono::milliseconds limit) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace harbor_router::stub
