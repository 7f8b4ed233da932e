// Appends text to out as the inside of a JSON string (RFC 8259 section 7). Bytes that are not UTF-8
// become U+FFFD, so that the result is always valid JSON.
#pragma once

#include <string>
#include <string_view>

namespace harbor_router::base {

void append_json_escaped(std::string& out, std::string_view text);

}  // namespace harbor_router::base
