#include "server/preconditions.hpp"

namespace harbor_router::server {

std::string entity_tag(std::string_view digest) {
  return '"' + std::string(digest) + '"';
}

bool names_digest(std::string_view if_none_match, std::string_view digest) {
  if (if_none_match.empty()) return false;
  const std::string tag = entity_tag(digest);
  return http::lists_token(if_none_match, "*") || http::lists_token(if_none_match, tag) ||
         http::lists_token(if_none_match, "W/" + tag) || if_none_match == digest;
}

std::string_view wanted_range(const http::RequestHead& head, std::string_view digest) {
  if (head.method != "GET") return {};
  const std::string_view range = head.fields.get("Range");
  if (range.empty() || !head.fields.has("If-Range")) return range;
  return head.fields.get("If-Range") == entity_tag(digest) ? range : std::string_view();
}

}  // namespace harbor_router::server
