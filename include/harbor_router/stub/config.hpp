// A stand-in's options as JSON, for the stand-in-harbor executable and its HTTP control:
//   {"port": 0, "threads": 1, "token_life": 1800, "caching": "when_told"|"on_get",
//    "accounts": [{"name","password","kind": "user"|"robot"|"administrator",
//                  "projects": [...], "system_permissions": [...]}],
//    "projects": [{"name","id","public": true,"registry": {"id","name","type","url","status"},
//                  "backend": 5000, "blob_delivery": "direct"|"redirect_to_storage",
//                  "referrers": "local"|"proxied", "referrers_page_size",
//                  "images": [{"repository","tag","seed","format": "oci"|"docker",
//                              "platforms": ["linux/amd64"], "layer_sizes": [1024]}]}]}
// What is left out keeps its default. Throws std::invalid_argument on anything it does not know.
#pragma once

#include <string_view>

#include "harbor_router/stub/options.hpp"

namespace harbor_router::stub {

[[nodiscard]] Options options_from_json(std::string_view text);
[[nodiscard]] Project project_from_json(std::string_view text);
[[nodiscard]] TaggedImage image_from_json(std::string_view text);

}  // namespace harbor_router::stub
