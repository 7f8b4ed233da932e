// What must be known before a run: the target's addresses, what each image consists of, and an
// Authorization that the target accepts (Basic, or a token from where its challenge points).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/base/result.hpp"
#include "harbor_router/bench/requests.hpp"
#include "harbor_router/http/asio.hpp"
#include "harbor_router/http/origin.hpp"
#include "harbor_router/oci/image_name.hpp"

namespace harbor_router::bench {

struct Login {
  std::string name, password;
};

enum class Learn {
  nothing,    // the names will be new ones
  manifests,  // that they are there, and their digests
  blobs,      // also what they consist of
};

struct PrepareSettings {
  http::Origin target;
  std::optional<Login> login;  // none: anonymous
  std::vector<oci::ImageName> images;
  Learn learn = Learn::manifests;
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);  // for each answer
};

// Where a subject's Bearer token came from, to fetch the next one.
struct TokenSource {
  http::Origin origin;
  std::string target;          // path and query
  std::size_t subject = 0;     // index of whose it is
  base::TimePoint renew_at{};  // while the token is still good
};

struct Prepared {
  std::vector<http::Endpoint> endpoints;
  std::shared_ptr<http::asio::ssl::context> tls;  // null: plain HTTP
  std::vector<Subject> subjects;                  // one for each image
  std::vector<TokenSource> tokens;                // none where none is asked for
};

// Blocks. Certificates are checked against the system's roots (or SSL_CERT_FILE).
[[nodiscard]] base::Result<Prepared> prepare(const PrepareSettings& settings);

// When the first of the tokens is due; TimePoint::max() where there are none.
[[nodiscard]] base::TimePoint renew_at(const Prepared& prepared) noexcept;
// Fetches the tokens that are due into their subjects; how many. Blocks. One that cannot be had
// ends it, and is due again a second later.
[[nodiscard]] std::size_t renew(const PrepareSettings& settings, Prepared& prepared);

}  // namespace harbor_router::bench
