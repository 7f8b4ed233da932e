// What a client has already of something whose strong entity tag is its digest (RFC 9110
// sections 13.1.2, 13.1.5 and 14.2). Pure.
#pragma once

#include <string>
#include <string_view>

#include "harbor_router/http/head.hpp"

namespace harbor_router::server {

[[nodiscard]] std::string entity_tag(std::string_view digest);  // quoted

// if_none_match: all lines of the field as one list. Weak tags count, and the digest alone, as
// Harbor itself writes it.
[[nodiscard]] bool names_digest(std::string_view if_none_match, std::string_view digest);

// The Range to honour, empty for the whole: one is for GET, and with If-Range for this tag only. A
// date in it is never ours.
[[nodiscard]] std::string_view wanted_range(const http::RequestHead& head, std::string_view digest);

}  // namespace harbor_router::server
