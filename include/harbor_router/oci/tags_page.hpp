// A tags/list answer: {"name","tags":[...]}. Pure. Harbor answers 200 with an empty list for a name
// it does not have, so emptiness matters; the name is Harbor's own path and is rewritten for the
// client.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/base/result.hpp"

namespace harbor_router::oci {

struct TagsPage {
  std::vector<std::string> tags;
};

[[nodiscard]] base::Result<TagsPage> parse_tags_page(std::string_view body);
[[nodiscard]] std::string tags_page_body(std::string_view client_name, const TagsPage& page);

}  // namespace harbor_router::oci
