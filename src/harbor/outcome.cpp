#include "harbor_router/harbor/outcome.hpp"

#include "harbor_router/oci/media_type.hpp"

namespace harbor_router::harbor {

const char* to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::hit:
      return "hit";
    case Outcome::miss:
      return "miss";
    case Outcome::refused:
      return "refused";
    case Outcome::limited:
      return "limited";
    case Outcome::blocked:
      return "blocked";
    case Outcome::failed:
      return "failed";
    case Outcome::timeout:
      return "timeout";
    case Outcome::skipped:
      return "skipped";
  }
  return "failed";
}

Outcome outcome_of(oci::Endpoint endpoint, int status, std::string_view content_type) noexcept {
  switch (status) {
    case 401:
    case 403:
      return Outcome::refused;
    case 404:
      return Outcome::miss;
    case 412:
      return Outcome::blocked;
    case 429:
      return Outcome::limited;
    case 408:
    case 504:
      return Outcome::timeout;
    default:
      break;
  }
  switch (endpoint) {
    case oci::Endpoint::manifests:
      return status == 200 && oci::is_manifest_type(content_type) ? Outcome::hit : Outcome::failed;
    case oci::Endpoint::blobs: {
      // A whole blob, a part, "not modified", "no such part", or where else to fetch it. The
      // portal's page is no blob.
      const bool answered = status == 200 || status == 206 || status == 304 || status == 416 ||
                            status == 302 || status == 303 || status == 307 || status == 308;
      const bool page = status == 200 && content_type.starts_with("text/html");
      return answered && !page ? Outcome::hit : Outcome::failed;
    }
    case oci::Endpoint::tags:
    case oci::Endpoint::referrers:
      return status == 200 && !content_type.starts_with("text/html") ? Outcome::hit
                                                                     : Outcome::failed;
  }
  return Outcome::failed;
}

Outcome outcome_of(base::Errc code) noexcept {
  switch (code) {
    case base::Errc::timeout:
    case base::Errc::connect_timeout:
      return Outcome::timeout;
    case base::Errc::limited:
      return Outcome::limited;
    default:
      return Outcome::failed;
  }
}

}  // namespace harbor_router::harbor
