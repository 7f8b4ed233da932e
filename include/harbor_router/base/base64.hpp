// Base64 (RFC 4648 section 4), as Basic credentials use it. Strict: padded, canonical, no blanks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace harbor_router::base {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
// nullopt for anything base64_encode could not have written.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace harbor_router::base
