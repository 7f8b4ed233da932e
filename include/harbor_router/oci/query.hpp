// Percent-encoding (RFC 3986 section 2.1) and query strings. Strict where Go is lenient: a '%'
// without two hex digits, and an encoded NUL, make the whole text an error. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harbor_router::oci {

struct QueryPair {
  std::string name;
  std::string value;  // empty also when there was no "="
};

// A path segment: '+' stays a plus.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);
// A query component: '+' is a space, as Go's url.Query has it.
[[nodiscard]] std::optional<std::string> query_decoded(std::string_view text);
// Everything but unreserved characters as %XX: fit for a path segment and a query component.
[[nodiscard]] std::string percent_encoded(std::string_view text);

// "a=1&b" (without the '?') as decoded pairs in order, doubles kept; empty pairs are skipped.
[[nodiscard]] std::optional<std::vector<QueryPair>> query_pairs(std::string_view query);

}  // namespace harbor_router::oci
