// Link (RFC 8288) as registries use it for pages: <URL>; rel="next". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace harbor_router::oci {

// The target of the rel="next" link among the values of a Link header; nullopt when there is none.
[[nodiscard]] std::optional<std::string> next_link(std::string_view link_header);

// Harbor's next link rewritten for the client: client_path (e.g. "/v2/proxy/nginx/tags/list") with
// the query of Harbor's link, as a relative reference: `</v2/proxy/nginx/tags/list?last=b&n=2>;
// rel="next"`. ns: the registry the client named by ns=, for the next page too; empty: none.
[[nodiscard]] std::optional<std::string> rewritten_next_link(std::string_view link_header,
                                                             std::string_view client_path,
                                                             std::string_view ns = {});

}  // namespace harbor_router::oci
