#include "server/pull_reply.hpp"

#include <algorithm>

#include "harbor_router/oci/link.hpp"
#include "harbor_router/oci/media_type.hpp"
#include "harbor_router/oci/range.hpp"
#include "harbor_router/oci/tags_page.hpp"
#include "server/preconditions.hpp"

namespace harbor_router::server {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t usual_fields_bytes = 352;

void add_warnings(Reply& reply, const harbor::Answer& answer) {
  for (const std::string& warning : answer.warnings) reply.add("Warning", warning);
}

Reply begin(const routing::Resolution& resolution, const harbor::Answer& answer) {
  Reply reply{.status = answer.status, .project = resolution.project, .cache = resolution.cache};
  add_warnings(reply, answer);
  return reply;
}

void add_etag(Reply& reply, std::string_view digest) {
  reply.fields.append("ETag: \""sv).append(digest).append("\"\r\n"sv);
}

// The path the client used, with what follows its name.
std::string client_path(const oci::PullPath& path) {
  std::string text = path.client_prefix + path.repository.str() + "/";
  if (path.endpoint == oci::Endpoint::tags) return text + "tags/list";
  return text + oci::to_string(path.endpoint) + "/" + path.reference->str();
}

void add_link(Reply& reply, const harbor::Answer& answer, const oci::PullPath& path) {
  if (const auto link = oci::rewritten_next_link(
          answer.link, client_path(path), path.query.ns ? std::string_view(*path.query.ns) : ""))
    reply.add("Link", *link);
}

}  // namespace

ManifestFields manifest_fields(const harbor::Answer& answer) {
  Reply head;
  head.fields.reserve(usual_fields_bytes);  // of every manifest, hence in one piece
  add_warnings(head, answer);
  const std::string& digest = answer.digest->str();
  head.add("Docker-Content-Digest", digest);
  add_etag(head, digest);
  const std::size_t of_304 = head.fields.size();
  head.add("Content-Type", manifest_type(answer));
  return {std::move(head.fields), of_304};
}

// No parameters on it (OCI distribution spec): clients compare it with the manifest's own type.
std::string_view manifest_type(const harbor::Answer& answer) noexcept {
  const std::string_view type = answer.content_type;
  return type.substr(0, std::min(type.find(';'), type.find(' ')));
}

Reply manifest_reply(const routing::Resolution& resolution, std::string_view if_none_match) {
  const harbor::Answer& answer = *resolution.answer;
  ManifestFields fields = manifest_fields(answer);
  Reply reply{.status = answer.status,
              .fields = std::move(fields.lines),
              .project = resolution.project,
              .cache = resolution.cache};
  if (names_digest(if_none_match, answer.digest->str())) {
    reply.status = 304;
    reply.fields.resize(fields.of_304);
    return reply;
  }
  reply.shared_body = answer.body;
  reply.announced_length = answer.length;
  return reply;
}

Reply manifest_reply(const store::Manifest& kept, std::string_view if_none_match) {
  if (names_digest(if_none_match, kept.digest.str()))
    return {.status = 304, .fields = kept.fields.substr(0, kept.fields_of_304)};
  return {.fields = kept.fields, .shared_body = kept.body};
}

Reply blob_reply(const routing::Resolution& resolution, const oci::PullPath& path,
                 std::string_view if_none_match) {
  const harbor::Answer& answer = resolution.blob ? *resolution.blob : *resolution.answer;
  Reply reply = begin(resolution, answer);
  const std::string& digest = path.reference->str();
  const bool has_it = answer.status < 300 && names_digest(if_none_match, digest);
  if (answer.status == 304 || has_it) {
    reply.status = 304;
    add_etag(reply, digest);
    return reply;
  }
  if (answer.status == 416) {
    Reply beyond = error_reply(416, {oci::ErrorCode::unknown, "the blob has no such range"});
    reply.fields += beyond.fields;
    reply.own_body = std::move(beyond.own_body);
    if (const auto size = oci::parse_unsatisfied_range(answer.content_range))
      reply.add("Content-Range", oci::unsatisfied_content_range(*size));
    return reply;
  }
  if (answer.status >= 300) {
    reply.add("Location", answer.location);
    return reply;
  }
  reply.add("Content-Type",
            answer.content_type.empty() ? "application/octet-stream" : answer.content_type);
  reply.add("Content-Range", answer.content_range);
  reply.add("Accept-Ranges", answer.accept_ranges);
  reply.add("Docker-Content-Digest", digest);
  add_etag(reply, digest);
  reply.announced_length = answer.length;
  return reply;
}

Reply tags_reply(const routing::Resolution& resolution, const oci::PullPath& path) {
  const harbor::Answer& answer = *resolution.answer;
  const auto page = oci::parse_tags_page(*answer.body);
  if (!page)
    return error_reply(
        502, {oci::ErrorCode::unknown, "Harbor's list of tags is none: " + page.error().detail});
  Reply reply = begin(resolution, answer);
  reply.add("Content-Type", "application/json");
  add_link(reply, answer, path);
  // As the client names it: the proxy project is part of the name only where it stands behind /v2/.
  std::string name = path.client_prefix.starts_with("/v2/") ? path.client_prefix.substr(4) : "";
  name += path.repository.str();
  reply.own_body = oci::tags_page_body(name, *page);
  return reply;
}

Reply referrers_reply(const routing::Resolution& resolution, const oci::PullPath& path) {
  const bool found = resolution.kind == routing::Verdict::Kind::chosen && resolution.answer &&
                     resolution.answer->body;
  const bool refused = resolution.kind == routing::Verdict::Kind::refused;  // has served nothing
  Reply reply{.project = refused ? nullptr : resolution.project, .cache = resolution.cache};
  reply.add("Content-Type", oci::oci_index);
  if (!found) {
    if (path.query.artifact_type) reply.add("OCI-Filters-Applied", "artifactType");
    reply.own_body = R"({"schemaVersion":2,"mediaType":")" + std::string(oci::oci_index) +
                     R"(","manifests":[]})";
    return reply;
  }
  reply.add("OCI-Filters-Applied", resolution.answer->filters_applied);
  add_link(reply, *resolution.answer, path);
  reply.shared_body = resolution.answer->body;
  return reply;
}

}  // namespace harbor_router::server
