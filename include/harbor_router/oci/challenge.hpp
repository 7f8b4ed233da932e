// WWW-Authenticate (RFC 9110 section 11.6.1) as registries use it: the Bearer challenge of the
// distribution token protocol, and Basic. Pure. Neither direction lets a control character through.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace harbor_router::oci {

struct BearerChallenge {
  std::string realm;    // the token endpoint, a URL
  std::string service;  // empty when not given
  std::string scope;    // token_scope.hpp; empty when not given
  friend bool operator==(const BearerChallenge&, const BearerChallenge&) = default;
};

struct BasicChallenge {
  std::string realm;
  friend bool operator==(const BasicChallenge&, const BasicChallenge&) = default;
};

using Challenge = std::variant<BearerChallenge, BasicChallenge>;

// Every Bearer and Basic challenge of one header value, in order. Other schemes, other parameters
// and a Bearer without a realm are passed over; what stands behind a broken part is not read.
[[nodiscard]] std::vector<Challenge> parse_challenges(std::string_view www_authenticate);

// `Bearer realm="...",service="...",scope="..."`, without what is empty.
[[nodiscard]] std::string format_challenge(const BearerChallenge& challenge);

}  // namespace harbor_router::oci
