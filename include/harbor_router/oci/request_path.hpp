// The request target as a pull: which endpoint, which repository, which reference, and under which
// of the three forms the client wrote it (facts/clients.md section 1):
//   /v2/<proxy>/<name>/...   /<proxy>/v2/<name>/...   /v2/<name>/... (only with a root registry)
// Pure. Percent-encoding is decoded once per path segment before the grammar is checked, so that
// "%2e%2e" and "%2f" fail as names; whatever does not parse is an OCI error for the client.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "harbor_router/oci/error_body.hpp"
#include "harbor_router/oci/name.hpp"

namespace harbor_router::oci {

// How this router names itself to clients.
struct PathRules {
  std::string proxy_project = "proxy";
  std::optional<std::string> root_registry;  // e.g. "docker.io": also take bare /v2/<name>
};

enum class Endpoint { manifests, blobs, tags, referrers };
[[nodiscard]] const char* to_string(Endpoint endpoint) noexcept;  // "manifests", "tags", ...

// Query parameters this router reads; all others are dropped, but for those of referrers: a page's
// Link is the registry's own, with whatever leads it to the next.
struct PullQuery {
  std::optional<std::string> n;              // verbatim as sent (checked to be digits)
  std::optional<std::string> last;           // decoded
  std::optional<std::string> artifact_type;  // referrers: decoded
  std::string others;                        // referrers: encoded again, each with "&" in front
  std::optional<std::string> ns;             // as hint below, when the client sent it
};

struct PullPath {
  Endpoint endpoint = Endpoint::manifests;
  Repository repository;  // as the client named it, without the proxy prefix
  std::optional<Reference>
      reference;              // manifests: tag or digest; blobs, referrers: digest; tags: none
  std::string client_prefix;  // what stood before <name>: "/v2/proxy/", "/proxy/v2/", "/v2/"
  std::optional<std::string> hint;  // registry hint: ns=, or the root registry for the bare form
  PullQuery query;
};

struct ApiVersionCheck {};  // "/v2", "/v2/", "/<proxy>/v2/", "/<proxy>/v2"

// Not a path of the registry API at all (health, token and admin endpoints are matched elsewhere).
struct NotRegistry {};

// Under /v2/ but no pull: the status (400, 404 or 405) and the OCI error to answer with.
struct PathError {
  int status = 404;
  Error error;
};

using ParsedTarget = std::variant<PullPath, ApiVersionCheck, PathError, NotRegistry>;

// Whether text could be a registry's host with or without a port, as ns= names one.
[[nodiscard]] bool is_plausible_host(std::string_view host);

// target: the request target as received (origin form, at most 8 KiB).
[[nodiscard]] ParsedTarget parse_target(std::string_view target, const PathRules& rules);

}  // namespace harbor_router::oci
